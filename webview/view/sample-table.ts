import type { SampleGrid } from '../../src/core/runs/run-files';
import { columnHeading } from '../model/column-heading';
import { className } from '../model/class-name';
import { element, setAttribute } from './dom';
import type { Mosaic } from './mosaic';
import { predictionLines, predictionText } from './prediction';

export interface TilePosition {
  readonly row: number;
  readonly column: number;
}

/** A table of pictures: one row an image, one column a kind of picture. Arrow keys move between tiles. */
export class SampleTable {
  readonly element: HTMLElement;
  readonly #head = element('thead');
  readonly #body = element('tbody');
  readonly #onOpen: (position: TilePosition) => void;
  #mosaic: Mosaic | undefined;
  #rows: readonly number[] = [];
  #notesOf: (row: SampleGrid['rows'][number]) => readonly string[] = () => [];
  #shape = '';

  constructor(onOpen: (position: TilePosition) => void) {
    this.#onOpen = onOpen;
    const table = element(
      'table',
      { class: 'sample-table', attributes: { role: 'grid', 'aria-label': 'Sample pictures' } },
      this.#head,
      this.#body,
    );
    this.element = element('div', { class: 'sample-scroller' }, table);
    this.#body.addEventListener('keydown', (event) => {
      this.#moveFocus(event);
    });
  }

  /** Shows the given rows of the mosaic. Tiles are drawn in place while the table keeps its shape. */
  show(
    mosaic: Mosaic,
    rows: readonly number[],
    notesOf: (row: SampleGrid['rows'][number]) => readonly string[] = () => [],
  ): void {
    this.#notesOf = notesOf;
    this.#mosaic = mosaic;
    this.#rows = rows;
    const { columns } = mosaic.grid;
    const shape = JSON.stringify([columns, rows]);
    if (shape !== this.#shape) {
      this.#shape = shape;
      this.#build(mosaic.grid);
    }
    rows.forEach((row, at) => {
      this.#drawRow(row, at);
    });
  }

  #build({ columns }: SampleGrid): void {
    this.#head.replaceChildren(
      element(
        'tr',
        {},
        element('th', { text: 'Image', attributes: { scope: 'col' } }),
        ...columns.map((column) => {
          const { symbol, name } = columnHeading(column);
          return element(
            'th',
            { title: column.title, attributes: { scope: 'col' } },
            element('span', { class: 'column-symbol', text: symbol }),
            element('span', { class: 'column-name', text: name }),
          );
        }),
      ),
    );
    this.#body.replaceChildren(
      ...this.#rows.map((row, at) =>
        element(
          'tr',
          {},
          element('th', { class: 'sample-name', attributes: { scope: 'row' } }),
          ...columns.map((_, column) => {
            const tile = element(
              'button',
              {
                class: 'tile',
                attributes: { type: 'button', tabindex: at === 0 && column === 0 ? '0' : '-1' },
              },
              element('canvas', { attributes: { 'aria-hidden': 'true' } }),
              element('span', { class: 'tile-caption' }),
            );
            tile.addEventListener('click', () => {
              this.#onOpen({ row, column });
            });
            return element('td', {}, tile);
          }),
        ),
      ),
    );
  }

  #drawRow(row: number, at: number): void {
    const mosaic = this.#mosaic;
    const sample = mosaic?.grid.rows[row];
    const line = this.#body.children[at];
    const name = line?.firstElementChild;
    if (!mosaic || !sample || !line || !name) return;
    const { grid } = mosaic;
    name.replaceChildren(
      element('span', { class: 'sample-label', text: className(grid, sample.label) }),
      element('span', { class: 'sample-index', text: `#${sample.index}` }),
      ...this.#notesOf(sample).map((text) => element('span', { class: 'sample-index', text })),
      ...(sample.lambda === undefined
        ? []
        : [
            element('span', {
              class: 'sample-index',
              text: `λ ${sample.lambda.toFixed(2)}`,
              title: 'Mixing coefficient: the share of x1 in the mixed image',
            }),
          ]),
    );
    grid.columns.forEach(({ key, title }, column) => {
      const tile = line.children[column + 1]?.firstElementChild;
      const canvas = tile?.querySelector('canvas');
      const caption = tile?.querySelector('.tile-caption');
      if (!tile || !canvas || !caption) return;
      mosaic.draw(canvas, row, column);
      caption.replaceChildren(...predictionLines(grid, sample, key));
      const words = [
        `${title}, image ${sample.index}, label ${className(grid, sample.label)}`,
        predictionText(grid, sample, key),
      ];
      setAttribute(tile, 'aria-label', words.filter(Boolean).join(': '));
      setAttribute(tile, 'title', words.filter(Boolean).join('\n'));
    });
  }

  #moveFocus(event: KeyboardEvent): void {
    const tiles = [...this.#body.rows].map((line) => [...line.querySelectorAll<HTMLElement>('.tile')]);
    const row = tiles.findIndex((line) => line.some((tile) => tile === document.activeElement));
    const column = tiles[row]?.findIndex((tile) => tile === document.activeElement) ?? -1;
    if (row < 0 || column < 0) return;
    const target = {
      ArrowLeft: tiles[row]?.[column - 1],
      ArrowRight: tiles[row]?.[column + 1],
      ArrowUp: tiles[row - 1]?.[column],
      ArrowDown: tiles[row + 1]?.[column],
      Home: tiles[row]?.[0],
      End: tiles[row]?.at(-1),
    }[event.key];
    if (!target) return;
    event.preventDefault();
    for (const tile of tiles.flat()) tile.tabIndex = tile === target ? 0 : -1;
    target.focus();
  }

  /** Sets the side of a tile in CSS pixels; `compact` leaves less space between tiles. */
  setSize(pixels: number, compact: boolean): void {
    this.element.classList.toggle('is-compact', compact);
    this.element.style.setProperty('--tile', `${pixels}px`);
  }
}
