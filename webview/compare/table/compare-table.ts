import type {
  ArrangedTable,
  GroupLine,
  RowLine,
  ShownCell,
} from '../../../src/core/report/compare/arranged-table';
import { NAME_COLUMN, rowName, type CompareColumn } from '../../../src/core/report/compare/compare-columns';
import type { CompareView } from '../../../src/core/report/compare/compare-view';
import { element, setAttribute, setChildren, setText } from '../../controls/dom';
import { intervalHint } from '../../text/format';
import type { ComparePage } from '../compare-section';
import { RowHead } from './row-head';

type Change = (part: Partial<CompareView>) => void;

interface Drawn {
  readonly line: HTMLElement;
  readonly cells: HTMLElement[];
  readonly head: RowHead | GroupHead;
}

/** The table itself: headings that sort, a line a run or a group, cells that stay where they are while runs move. */
export class CompareTable {
  readonly element: HTMLElement;
  readonly #page: ComparePage;
  readonly #change: Change;
  readonly #head = element('tr');
  readonly #body = element('tbody');
  readonly #empty = element('p', { class: 'empty', text: 'No run has what the filter asks for.' });
  readonly #open = new Set<string>();
  #drawn = new Map<string, Drawn>();
  #columns = '';
  #arranged: ArrangedTable | undefined;

  constructor(page: ComparePage, change: Change) {
    this.#page = page;
    this.#change = change;
    const table = element(
      'table',
      { class: 'compare-table' },
      element('caption', { class: 'visually-hidden', text: 'Runs, their settings and accuracies' }),
      element('thead', {}, this.#head),
      this.#body,
    );
    this.element = element(
      'div',
      {},
      element(
        'div',
        {
          class: 'compare-scroller',
          attributes: { tabindex: '0', role: 'region', 'aria-label': 'Table of runs' },
        },
        table,
      ),
      this.#empty,
    );
    new ResizeObserver(() => {
      this.#pin();
    }).observe(table);
  }

  draw(arranged: ArrangedTable): void {
    this.#arranged = arranged;
    const { columns, lines } = arranged;
    const ids = JSON.stringify(columns.map(({ id, title, images }) => [id, title, images]));
    if (ids !== this.#columns) {
      // Every line has other cells.
      this.#columns = ids;
      this.#drawn = new Map();
      this.#head.replaceChildren(...columns.map((column) => this.#heading(column)));
    }
    this.#showSorting(columns);
    const best = bestOf(columns, lines);
    const wanted: HTMLElement[] = [];
    const kept = new Map<string, Drawn>();
    const add = (key: string, line: RowLine | GroupLine, depth: number): void => {
      const drawn = this.#drawn.get(key) ?? this.#make(line, columns);
      this.#fill(drawn, line, arranged, depth, best);
      kept.set(key, drawn);
      wanted.push(drawn.line);
    };
    for (const line of lines) {
      if (line.kind === 'row') add(line.row.key, line, 0);
      else {
        add(line.key, line, 0);
        if (this.#open.has(line.key)) for (const row of line.lines) add(`${line.key} ${row.row.key}`, row, 1);
      }
    }
    this.#drawn = kept;
    setChildren(this.#body, wanted);
    this.#empty.hidden = lines.length > 0;
    this.#pin();
  }

  #heading({ id, title, images, about, kind }: CompareColumn): HTMLElement {
    const sort = element(
      'button',
      {
        class: 'sort-button',
        title: `${about}\nClick to sort; Shift-click to sort by it as well`,
        attributes: { type: 'button' },
      },
      element('span', { class: 'sort-title', text: title }),
      images === undefined ? undefined : element('span', { class: 'sort-images', text: images }),
      element('span', { class: 'sort-mark', attributes: { 'aria-hidden': 'true' } }),
    );
    sort.addEventListener('click', ({ shiftKey }) => {
      this.#sortBy(id, kind !== 'text' && kind !== 'setting', shiftKey);
    });
    const isNumeric = kind !== 'text';
    return element(
      'th',
      { class: isNumeric ? 'numeric' : '', attributes: { scope: 'col', 'data-column': id } },
      sort,
    );
  }

  /** Numbers begin with the largest: that is what people look for. A third click sorts by it no more. */
  #sortBy(column: string, largestFirst: boolean, further: boolean): void {
    const { sort } = this.#page.host.saved.view;
    const before = sort.find((one) => one.column === column);
    const others = further ? sort.filter((one) => one.column !== column) : [];
    if (!before) this.#change({ sort: [...others, { column, descending: largestFirst }] });
    else if (before.descending === largestFirst) {
      const turned = { column, descending: !largestFirst };
      this.#change({ sort: further ? sort.map((one) => (one === before ? turned : one)) : [turned] });
    } else this.#change({ sort: others });
  }

  #showSorting(columns: readonly CompareColumn[]): void {
    const { sort } = this.#page.host.saved.view;
    columns.forEach(({ id }, at) => {
      const cell = this.#head.children[at];
      const place = sort.findIndex(({ column }) => column === id);
      const way = place < 0 ? undefined : sort[place]?.descending ? 'descending' : 'ascending';
      if (!cell) return;
      setAttribute(cell, 'aria-sort', way);
      const mark = cell.querySelector('.sort-mark');
      const order = sort.length > 1 && place >= 0 ? String(place + 1) : '';
      if (mark) setText(mark, way === undefined ? '' : `${way === 'descending' ? '▼' : '▲'}${order}`);
    });
  }

  #make(line: RowLine | GroupLine, columns: readonly CompareColumn[]): Drawn {
    const head =
      line.kind === 'row'
        ? new RowHead(this.#page, this.#change)
        : new GroupHead(() => {
            if (!this.#open.delete(line.key)) this.#open.add(line.key);
            if (this.#arranged) this.draw(this.#arranged);
          });
    const cells = columns.map(({ id, kind }) => {
      const isName = id === NAME_COLUMN;
      const className = kind === 'text' ? '' : 'numeric';
      return isName
        ? element('th', { attributes: { scope: 'row' } }, head.element)
        : element(
            'td',
            { class: className },
            element('span', { class: 'cell-text' }),
            element('span', { class: 'cell-difference' }),
          );
    });
    const made = element('tr', {}, ...cells);
    if (head instanceof RowHead) {
      made.addEventListener('pointerenter', () => {
        head.showActions();
      });
    }
    return { line: made, cells, head };
  }

  #fill(
    { line: target, cells, head }: Drawn,
    line: RowLine | GroupLine,
    { columns }: ArrangedTable,
    depth: number,
    best: ReadonlyMap<string, number>,
  ): void {
    target.classList.toggle('is-member', depth > 0);
    target.classList.toggle('is-group', line.kind === 'group');
    target.classList.toggle('is-baseline', line.kind === 'row' && line.isBaseline);
    if (line.kind === 'row' && head instanceof RowHead) head.draw(line.row, line.isBaseline);
    if (line.kind === 'group' && head instanceof GroupHead) head.draw(line, this.#open.has(line.key));
    columns.forEach((column, at) => {
      const cell = cells[at];
      const shown = line.cells[at];
      if (column.id !== NAME_COLUMN && cell && shown) fillCell(cell, column, shown, best.get(column.id));
    });
  }

  /** Pinned columns stay where they are while the others scroll: each one beside the one before it. */
  #pin(): void {
    const { pinned } = this.#page.host.saved.view;
    const columns = this.#arranged?.columns ?? [];
    const count = columns.filter(({ id }) => id === NAME_COLUMN || pinned.includes(id)).length;
    const lines = [this.#head, ...this.#body.children];
    let left = 0;
    const places = Array.from({ length: count }, (_, at) => {
      const place = left;
      left += this.#head.children[at]?.getBoundingClientRect().width ?? 0;
      return place;
    });
    for (const line of lines) {
      [...line.children].forEach((cell, at) => {
        if (!(cell instanceof HTMLElement)) return;
        cell.classList.toggle('is-pinned', at < count);
        cell.style.left = at < count ? `${places[at] ?? 0}px` : '';
      });
    }
  }
}

/** The first cell of a group: opens its runs. */
class GroupHead {
  readonly element: HTMLElement;
  readonly #mark = element('span', { class: 'group-mark', attributes: { 'aria-hidden': 'true' } });
  readonly #title = element('span', { class: 'group-title' });
  readonly #count = element('span', { class: 'group-count' });

  constructor(toggled: () => void) {
    this.element = element(
      'button',
      { class: 'group-button', attributes: { type: 'button' } },
      this.#mark,
      this.#title,
      this.#count,
    );
    this.element.addEventListener('click', toggled);
  }

  draw({ title, lines }: GroupLine, isOpen: boolean): void {
    setText(this.#mark, isOpen ? '▾' : '▸');
    setText(this.#title, title);
    setText(this.#count, `${lines.length}`);
    this.element.title = `${lines.length === 1 ? '1 run' : `${lines.length} runs`}: ${lines.map(({ row }) => rowName(row)).join('\n')}`;
    setAttribute(this.element, 'aria-expanded', String(isOpen));
  }
}

function fillCell(
  cell: HTMLElement,
  column: CompareColumn,
  shown: ShownCell,
  best: number | undefined,
): void {
  const { text, difference, measurement, value, mean } = shown;
  const [target, beside] = cell.children;
  if (!target || !beside) return;
  setText(target, text);
  setText(beside, difference === undefined ? '' : `[${difference}]`);
  const isBest = best !== undefined && value === best;
  cell.classList.toggle('is-best', isBest);
  cell.classList.toggle('is-during', measurement?.during === true);
  const hint = measurement
    ? [
        measurement.about,
        intervalHint(measurement.interval, measurement.count),
        measurement.during ? 'The training goes on: its latest evaluation' : '',
        measurement.attackRun === undefined ? '' : `Measured by the attack ${measurement.attackRun}`,
      ]
    : mean
      ? [column.about, `Mean of ${mean.count}${mean.error === undefined ? '' : ' ± standard error'}`]
      : [column.about];
  const title = hint.filter((part) => part !== '').join('\n');
  if (cell.title !== title) cell.title = title;
}

/** The largest of each accuracy, where there are several. */
function bestOf(
  columns: readonly CompareColumn[],
  lines: readonly (RowLine | GroupLine)[],
): ReadonlyMap<string, number> {
  return new Map(
    columns.flatMap(({ id, kind }, at): [string, number][] => {
      if (kind !== 'accuracy') return [];
      const values = lines.flatMap(({ cells }) => {
        const value = cells[at]?.value;
        return typeof value === 'number' ? [value] : [];
      });
      return values.length > 1 ? [[id, Math.max(...values)]] : [];
    }),
  );
}
