import { DataTable } from '../../controls/data-table';
import { element, setChildren, setText } from '../../controls/dom';
import { onChange } from '../../controls/on-change';
import { TableToggle } from '../../controls/table-toggle';
import { saveAsTable, type Host } from '../../state/host';
import { defineSection } from '../define-section';
import { titledSection } from '../titled-section';
import { histogram } from './histogram';
import { normHistogram, type NormHistogram } from './norm-histogram';

/** The norms that minimal-norm attacks have found: one histogram an attack. */
export const normsSection = defineSection({
  kinds: ['attack'],
  parts: ['record', 'report'],
  place: 'main',
  open({ host }) {
    const grid = element('div', { class: 'plot-grid' });
    const caption = element('span', { class: 'section-caption', text: 'line: median, band: quartiles' });
    const frame = element('div', { class: 'plot-grid-frame' }, grid);
    const cards = new Map<string, ReturnType<typeof histogramCard>>();
    return {
      element: titledSection('norms', 'Smallest perturbations', [caption], frame),
      draw({ report }) {
        const shown = report?.analysis?.norms.map((one) => normHistogram(one, report)) ?? [];
        const elements = shown.map((one) => {
          const card = cards.get(one.id) ?? histogramCard(one.id, host);
          cards.set(one.id, card);
          card.show(one);
          return card.element;
        });
        setChildren(grid, elements);
        return shown.length > 0;
      },
    };
  },
});

function histogramCard(id: string, host: Host) {
  const titleId = `plot-${id}`;
  const title = element('h3', { attributes: { id: titleId } });
  const summary = element('p', { class: 'histogram-summary' });
  const frame = element('div');
  const table = new DataTable();
  const setAsTable = (asTable: boolean) => {
    frame.hidden = asTable;
    table.element.hidden = !asTable;
    toggle.set(asTable);
  };
  const toggle = new TableToggle('the norms', (asTable) => {
    saveAsTable(host, id, asTable);
    setAsTable(asTable);
  });
  setAsTable(host.saved.tables.includes(id));
  return {
    element: element(
      'section',
      { class: 'card plot-card', attributes: { 'aria-labelledby': titleId, 'data-plot': id } },
      element('header', { class: 'card-header' }, title, toggle.element),
      summary,
      frame,
      table.element,
    ),
    show: onChange((shown: NormHistogram) => {
      setText(title, shown.title);
      setText(summary, shown.summary);
      frame.replaceChildren(histogram(shown));
      table.show(shown.table);
    }),
  };
}
