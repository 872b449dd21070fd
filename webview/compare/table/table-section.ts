import { arrangedTable } from '../../../src/core/report/compare/arranged-table';
import { compareFormats, type CompareFormat } from '../../../src/core/report/compare/compare-formats';
import { REPEATS, type CompareView } from '../../../src/core/report/compare/compare-view';
import { button } from '../../controls/button';
import { Choice } from '../../controls/choice';
import { element, setText } from '../../controls/dom';
import { counted } from '../../text/format';
import type { ComparePage, CompareSection } from '../compare-section';
import { saveFile } from '../save-file';
import { ColumnChooser } from './column-chooser';
import { CompareTable } from './compare-table';

const NONE = '';

/** The table of the runs, with what somebody does with it. */
export function tableSection(page: ComparePage): CompareSection {
  const { host, state, redraw } = page;
  const change = (part: Partial<CompareView>): void => {
    host.save({ view: { ...host.saved.view, ...part } });
    redraw();
  };
  const filter = element('input', {
    class: 'compare-filter',
    title: 'Words that a row has to have, and conditions such as epsilon=8/255 or clean>50 (percent)',
    attributes: {
      type: 'search',
      placeholder: 'Filter: words, epsilon=8/255, clean>50',
      'aria-label': 'Filter rows',
    },
  });
  filter.addEventListener('input', () => {
    change({ filter: filter.value });
  });
  const groupBy = new Choice('Group by', () => {
    change({ groupBy: groupBy.value === NONE ? undefined : groupBy.value });
  });
  const chooser = new ColumnChooser(change);
  const table = new CompareTable(page, change);
  const count = element('span', { class: 'section-caption', attributes: { 'aria-live': 'polite' } });
  const notes = element('p', { class: 'compare-notes' });
  const exports = exportButtons(page);
  const section = element(
    'section',
    { class: 'section', attributes: { 'aria-labelledby': 'table-title' } },
    element(
      'header',
      { class: 'section-header' },
      element('h2', { text: 'Runs', attributes: { id: 'table-title' } }),
      count,
      element('div', { class: 'section-tools' }, ...exports),
    ),
    element('div', { class: 'compare-tools' }, filter, groupBy.element, chooser.element),
    element('div', { class: 'card compare-card' }, table.element, notes),
  );
  return {
    element: section,
    parts: ['rows'],
    draw() {
      const { view } = host.saved;
      if (document.activeElement !== filter) filter.value = view.filter;
      const arranged = arrangedTable(state.rows, view);
      const { all, lines } = arranged;
      groupBy.setOptions([
        { value: NONE, text: 'nothing' },
        { value: REPEATS, text: 'all but the seed' },
        ...all
          .filter(({ kind, shown, id }) => (kind === 'setting' && shown) || id === 'tags' || id === 'status')
          .map(({ id, title }) => ({ value: id, text: title })),
      ]);
      groupBy.value = view.groupBy ?? NONE;
      chooser.draw(all, view);
      table.draw(arranged);
      const total = state.rows.length;
      setText(
        count,
        arranged.count === total ? counted(total, 'row') : `${arranged.count} of ${counted(total, 'row')}`,
      );
      const mixed = lines.flatMap((line) => (line.kind === 'group' && line.mixes.length > 0 ? [line] : []));
      const texts = [
        view.groupBy === undefined ? '' : 'Mean ± standard error over the runs of a group.',
        ...mixed.map(({ title, mixes }) => `${title}: its runs differ in ${mixes.join(', ')} as well.`),
        view.baseline === undefined
          ? ''
          : 'In brackets the difference from the baseline, in points of accuracies.',
      ];
      setText(notes, texts.filter((text) => text !== '').join(' '));
      notes.hidden = notes.textContent === '';
      return state.rows.length > 0;
    },
  };
}

const FILES: readonly (readonly [format: CompareFormat, label: string, name: string])[] = [
  ['csv', 'CSV', 'comparison.csv'],
  ['markdown', 'Markdown', 'comparison.md'],
  ['latex', 'LaTeX', 'comparison.tex'],
];

/** What is shown, as files. A page of its own offers them as downloads. */
function exportButtons({ host, state }: ComparePage): HTMLElement[] {
  const files = FILES.map(([format, label, name]) =>
    button({
      ...{ label, icon: 'save', appearance: 'secondary', title: `Save the table as it is shown as ${label}` },
      onClick: () => {
        saveFile(host, name, compareFormats[format](arrangedTable(state.rows, host.saved.view)));
      },
    }),
  );
  if (!host.answers) return files;
  const whole = button({
    ...{ label: 'Page', icon: 'save', appearance: 'secondary' },
    title: 'Save the whole comparison as one page that needs nothing else',
    onClick: () => {
      host.post({ type: 'savePage', view: host.saved.view });
    },
  });
  return [...files, whole];
}
