import type { SampleGrid } from '../../src/core/records/run-files';
import { factHint, shortFact } from './fact-text';
import { className } from '../text/class-name';
import { element, setAttribute } from '../controls/dom';
import type { Mosaic } from './mosaic';
import { predictionLines, predictionText } from './prediction';

/** A tile, also in a grid that has got more rows since. */
export interface TilePosition {
  /** Index of the image in its set. */
  readonly image: number;
  readonly column: number;
}

/** What the table keeps of an image as long as it shows it, wherever its row is. */
interface Line {
  readonly image: number;
  readonly row: HTMLElement;
  readonly name: HTMLElement;
  readonly tiles: readonly HTMLElement[];
}

/** A table of pictures: one row an image, one column a kind of picture. Arrow keys move between tiles. */
export class SampleTable {
  readonly element: HTMLElement;
  readonly #head = element('thead');
  readonly #body = element('tbody');
  readonly #onOpen: (position: TilePosition) => void;
  #lines: readonly Line[] = [];
  #columns = '';
  /** The tile that had the focus last, and that Tab leads back to. */
  #current: HTMLElement | undefined;

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

  /** Shows the given rows of the mosaic. What shows the same image as before stays, with the focus. */
  show(
    mosaic: Mosaic,
    rows: readonly number[],
    notesOf: (row: SampleGrid['rows'][number]) => readonly string[] = () => [],
  ): void {
    const { grid } = mosaic;
    const columns = JSON.stringify(grid.columns);
    if (columns !== this.#columns) this.#buildHead(grid);
    this.#columns = columns;
    const shown = rows.flatMap((row) => {
      const sample = grid.rows[row];
      return sample ? [{ row, sample }] : [];
    });
    this.#place(
      shown.map(({ sample }) => sample.index),
      grid.columns.length,
    );
    for (const [at, { row, sample }] of shown.entries()) {
      const line = this.#lines[at];
      if (line) drawLine(line, { mosaic, row, sample, notes: notesOf(sample) });
    }
  }

  #buildHead({ columns }: SampleGrid): void {
    this.#head.replaceChildren(
      element(
        'tr',
        {},
        element('th', { text: 'Image', attributes: { scope: 'col' } }),
        ...columns.map(({ title, symbol = title, name = '', about }) =>
          element(
            'th',
            { title: about === undefined ? title : `${title}\n${about}`, attributes: { scope: 'col' } },
            element('span', { class: 'column-symbol', text: symbol }),
            element('span', { class: 'column-name', text: name }),
          ),
        ),
      ),
    );
  }

  /** Makes the lines those of these images, in their order. */
  #place(images: readonly number[], columns: number): void {
    const focused = this.#current !== undefined && this.#current === document.activeElement;
    const before = this.#positionOf(this.#current);
    const left = new Set(this.#lines.filter(({ tiles }) => tiles.length === columns));
    const gone = new Set(this.#lines);
    this.#lines = images.map((image) => {
      const known = [...left].find((line) => line.image === image);
      if (!known) return this.#makeLine(image, columns);
      left.delete(known);
      gone.delete(known);
      return known;
    });
    for (const { row } of gone) row.remove();
    for (const [at, { row }] of this.#lines.entries()) {
      const there = this.#body.children[at];
      if (there !== row) this.#body.insertBefore(row, there ?? null);
    }
    if (before && !this.#positionOf(this.#current)) {
      const nearest = this.#lines[Math.min(before.line, this.#lines.length - 1)];
      this.#current = nearest?.tiles[before.column];
    }
    this.#setTabStop();
    // It was taken away, or its row was moved.
    if (focused && this.#current !== document.activeElement) this.#current?.focus({ preventScroll: true });
  }

  #makeLine(image: number, columns: number): Line {
    const name = element('th', { class: 'sample-name', attributes: { scope: 'row' } });
    const tiles = Array.from({ length: columns }, (_, column) => {
      const tile = element(
        'button',
        { class: 'tile', attributes: { type: 'button', tabindex: '-1' } },
        element('canvas', { attributes: { 'aria-hidden': 'true' } }),
        element('span', { class: 'tile-caption' }),
      );
      tile.addEventListener('click', () => {
        this.#onOpen({ image, column });
      });
      tile.addEventListener('focus', () => {
        this.#current = tile;
        this.#setTabStop();
      });
      return tile;
    });
    const row = element('tr', {}, name, ...tiles.map((tile) => element('td', {}, tile)));
    return { image, row, name, tiles };
  }

  #positionOf(tile: HTMLElement | undefined): { line: number; column: number } | undefined {
    if (!tile) return undefined;
    const line = this.#lines.findIndex(({ tiles }) => tiles.includes(tile));
    const column = this.#lines[line]?.tiles.indexOf(tile);
    return column === undefined ? undefined : { line, column };
  }

  #setTabStop(): void {
    const stop = this.#current ?? this.#lines[0]?.tiles[0];
    for (const tile of this.#lines.flatMap(({ tiles }) => tiles)) tile.tabIndex = tile === stop ? 0 : -1;
  }

  #moveFocus(event: KeyboardEvent): void {
    const position = this.#positionOf(this.#current);
    if (!position || this.#current !== document.activeElement) return;
    const { line, column } = position;
    const tiles = this.#lines[line]?.tiles;
    const target = {
      ArrowLeft: tiles?.[column - 1],
      ArrowRight: tiles?.[column + 1],
      ArrowUp: this.#lines[line - 1]?.tiles[column],
      ArrowDown: this.#lines[line + 1]?.tiles[column],
      Home: tiles?.[0],
      End: tiles?.at(-1),
    }[event.key];
    if (!target) return;
    event.preventDefault();
    target.focus();
  }

  /** Sets the side of a tile in CSS pixels; `compact` leaves less space between tiles. */
  setSize(pixels: number, compact: boolean): void {
    this.element.classList.toggle('is-compact', compact);
    this.element.style.setProperty('--tile', `${pixels}px`);
  }
}

interface DrawnRow {
  readonly mosaic: Mosaic;
  readonly row: number;
  readonly sample: SampleGrid['rows'][number];
  readonly notes: readonly string[];
}

function drawLine({ name, tiles }: Line, { mosaic, row, sample, notes }: DrawnRow): void {
  const { grid } = mosaic;
  name.replaceChildren(
    element('span', { class: 'sample-label', text: className(grid, sample.label) }),
    element('span', { class: 'sample-index', text: `#${sample.index}` }),
    ...notes.map((text) => element('span', { class: 'sample-index', text })),
    ...(sample.facts ?? []).map((fact) =>
      element('span', {
        class: 'sample-index sample-fact',
        text: shortFact(grid, fact),
        title: factHint(fact),
      }),
    ),
  );
  grid.columns.forEach(({ key, title }, column) => {
    const tile = tiles[column];
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
