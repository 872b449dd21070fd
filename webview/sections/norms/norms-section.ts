import { normHistogram, type NormHistogram } from './norm-histogram';
import type { RunState } from '../../state/run-state';
import { DataTable } from '../../controls/data-table';
import { element, setText } from '../../controls/dom';
import { histogram } from './histogram';
import type { Host } from '../../state/host';
import { TableToggle } from '../../controls/table-toggle';

/** The norms that minimal-norm attacks have found: one histogram an attack. */
export class NormsSection {
  readonly #grid = element('div', { class: 'plot-grid' });
  readonly element = element(
    'section',
    { class: 'section', attributes: { 'aria-labelledby': 'norms-title' } },
    element(
      'header',
      { class: 'section-header' },
      element('h2', { text: 'Smallest perturbations', attributes: { id: 'norms-title' } }),
      element('span', { class: 'section-caption', text: 'line: median, band: quartiles' }),
    ),
    element('div', { class: 'plot-grid-frame' }, this.#grid),
  );
  readonly #host: Host;
  readonly #cards = new Map<string, HistogramCard>();

  constructor(host: Host) {
    this.#host = host;
  }

  draw({ report }: RunState): void {
    const shown = report?.analysis?.norms.map((one) => normHistogram(one, report)) ?? [];
    this.element.hidden = shown.length === 0;
    const cards = shown.map((one) => {
      const known = this.#cards.get(one.id);
      const card = known ?? new HistogramCard(one.id, this.#host);
      this.#cards.set(one.id, card);
      card.draw(one);
      return card.element;
    });
    if (
      cards.length !== this.#grid.children.length ||
      cards.some((card, at) => card !== this.#grid.children[at])
    ) {
      this.#grid.replaceChildren(...cards);
    }
  }
}

class HistogramCard {
  readonly #title = element('h3');
  readonly #summary = element('p', { class: 'histogram-summary' });
  readonly #frame = element('div');
  readonly #table = new DataTable();
  readonly #toggle: TableToggle;
  readonly element: HTMLElement;
  #shown = '';

  constructor(id: string, host: Host) {
    const titleId = `plot-${id}`;
    this.#title.id = titleId;
    this.#toggle = new TableToggle('the norms', (asTable) => {
      const others = host.saved.tables.filter((other) => other !== id);
      host.save({ tables: asTable ? [...others, id] : others });
      this.#setAsTable(asTable);
    });
    this.element = element(
      'section',
      { class: 'card plot-card', attributes: { 'aria-labelledby': titleId, 'data-plot': id } },
      element('header', { class: 'card-header' }, this.#title, this.#toggle.element),
      this.#summary,
      this.#frame,
      this.#table.element,
    );
    this.#setAsTable(host.saved.tables.includes(id));
  }

  draw(shown: NormHistogram): void {
    const text = JSON.stringify(shown);
    if (text === this.#shown) return;
    this.#shown = text;
    setText(this.#title, shown.title);
    setText(this.#summary, shown.summary);
    this.#frame.replaceChildren(histogram(shown));
    this.#table.show(shown.table);
  }

  #setAsTable(asTable: boolean): void {
    this.#frame.hidden = asTable;
    this.#table.element.hidden = !asTable;
    this.#toggle.set(asTable);
  }
}
