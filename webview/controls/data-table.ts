import { pageOf } from './paging';
import type { TableSource } from '../text/table-source';
import { integer } from '../text/format';
import { iconButton, setEnabled } from './button';
import { element, setText } from './dom';

const PAGE_SIZE = 100;

/** A paged table with a header that stays in view. Existing cells are reused, so that a selection survives. */
export class DataTable {
  readonly #head = element('tr');
  readonly #body = element('tbody');
  readonly #caption = element('caption', { class: 'visually-hidden' });
  readonly #range = element('span', { class: 'pager-range' });
  readonly #scroller: HTMLElement;
  readonly #previous: HTMLElement;
  readonly #next: HTMLElement;
  readonly element: HTMLElement;
  #source: TableSource | undefined;
  #page = 0;

  constructor() {
    this.#previous = iconButton('Previous page', 'previous', () => {
      this.#turn(-1);
    });
    this.#next = iconButton('Next page', 'next', () => {
      this.#turn(1);
    });
    const table = element(
      'table',
      { class: 'data-table' },
      this.#caption,
      element('thead', {}, this.#head),
      this.#body,
    );
    this.#scroller = element(
      'div',
      { class: 'table-scroller', attributes: { tabindex: '0', role: 'region' } },
      table,
    );
    this.element = element(
      'div',
      { class: 'data-table-frame' },
      this.#scroller,
      element('div', { class: 'pager' }, this.#range, this.#previous, this.#next),
    );
  }

  show(source: TableSource): void {
    this.#source = source;
    this.#render();
  }

  #turn(by: number): void {
    this.#page += by;
    this.#render();
    this.#scroller.scrollTop = 0;
  }

  #render(): void {
    const source = this.#source;
    if (!source) return;
    const { page, pages, start, end } = pageOf(source.count, this.#page, PAGE_SIZE);
    this.#page = page;
    setText(this.#caption, source.caption);
    this.#scroller.setAttribute('aria-label', source.caption);
    fill(this.#head, source.columns.length, () => element('th', { attributes: { scope: 'col' } }));
    source.columns.forEach(({ label, numeric }, column) => {
      const cell = this.#head.children[column];
      if (!cell) return;
      setText(cell, label);
      cell.classList.toggle('numeric', numeric);
    });
    fill(this.#body, end - start, () => element('tr'));
    for (let index = start; index < end; index++) {
      const line = this.#body.children[index - start];
      if (line) renderRow(line, source, index);
    }
    setText(
      this.#range,
      source.count === 0
        ? 'No rows'
        : `Rows ${integer(start + 1)}–${integer(end)} of ${integer(source.count)}`,
    );
    setEnabled(this.#previous, page > 0);
    setEnabled(this.#next, page < pages - 1);
  }
}

function renderRow(line: Element, source: TableSource, index: number): void {
  const { cells, strong = false } = source.row(index);
  line.classList.toggle('strong', strong);
  fill(line, cells.length, (at) =>
    at === 0 ? element('th', { attributes: { scope: 'row' } }) : element('td'),
  );
  cells.forEach((text, column) => {
    const cell = line.children[column];
    if (!cell) return;
    setText(cell, text);
    cell.classList.toggle('numeric', source.columns[column]?.numeric ?? false);
  });
}

/** Makes `parent` have `count` children. */
function fill(parent: Element, count: number, make: (index: number) => Element): void {
  while (parent.childElementCount > count) parent.lastElementChild?.remove();
  for (let index = parent.childElementCount; index < count; index++) parent.append(make(index));
}
