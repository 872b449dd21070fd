import type { SampleGrid } from '../../src/core/records/run-files';
import { percent } from '../text/format';
import { factValue } from './fact-text';
import { neighbour } from './neighbour';
import { className } from '../text/class-name';
import { iconButton, setEnabled } from '../controls/button';
import { element, setText } from '../controls/dom';
import type { Mosaic } from './mosaic';
import { predictionLines } from './prediction';
import type { TilePosition } from './sample-table';

export interface SampleFact {
  readonly name: string;
  readonly value: string;
  /** Both in a word or two. */
  readonly short: string;
}

/** More that is known about a row than its grid says. */
export type FactsOfRow = (row: SampleGrid['rows'][number]) => readonly SampleFact[];

/** A tile in large, with everything known about it. Arrow keys go to its neighbours, Escape closes. */
export class SampleDialog {
  readonly #title = element('h2', { attributes: { id: 'sample-dialog-title' } });
  readonly #canvas = element('canvas', { class: 'large-tile', attributes: { role: 'img' } });
  readonly #facts = element('dl', { class: 'sample-facts' });
  readonly #previous = iconButton('Previous picture', 'previous', () => {
    this.#move(0, -1);
  });
  readonly #next = iconButton('Next picture', 'next', () => {
    this.#move(0, 1);
  });
  readonly element = element(
    'dialog',
    { class: 'sample-dialog', attributes: { 'aria-labelledby': 'sample-dialog-title' } },
    element(
      'header',
      { class: 'card-header' },
      this.#title,
      this.#previous,
      this.#next,
      iconButton('Close', 'close', () => {
        this.element.close();
      }),
    ),
    element('div', { class: 'sample-dialog-body' }, this.#canvas, this.#facts),
  );
  #mosaic: Mosaic | undefined;
  /** The rows to step through, in the order of the table. */
  #rows: readonly number[] = [];
  #factsOf: FactsOfRow = () => [];
  #position: TilePosition = { image: 0, column: 0 };

  constructor() {
    this.element.addEventListener('keydown', ({ key }) => {
      if (key === 'ArrowLeft') this.#move(0, -1);
      if (key === 'ArrowRight') this.#move(0, 1);
      if (key === 'ArrowUp') this.#move(-1, 0);
      if (key === 'ArrowDown') this.#move(1, 0);
    });
    // A click on the backdrop reaches the dialog itself, one on its content does not.
    this.element.addEventListener('click', ({ target }) => {
      if (target === this.element) this.element.close();
    });
  }

  /** @param rows in the order of the table: arrow keys step through these */
  open(
    mosaic: Mosaic,
    rows: readonly number[],
    position: TilePosition,
    factsOf: FactsOfRow = () => [],
  ): void {
    this.#factsOf = factsOf;
    this.#mosaic = mosaic;
    this.#rows = rows;
    this.#position = position;
    this.#draw();
    this.element.showModal();
  }

  /** New pictures arrived while it may be open. */
  update(mosaic: Mosaic, rows: readonly number[]): void {
    this.#mosaic = mosaic;
    this.#rows = rows;
    if (this.element.open) this.#draw();
  }

  #move(rows: -1 | 0 | 1, columns: -1 | 0 | 1): void {
    const row = neighbour(this.#rows, this.#row(), rows);
    const sample = this.#mosaic?.grid.rows[row ?? -1];
    const column = this.#position.column + columns;
    if (!sample || !this.#mosaic?.grid.columns[column]) return;
    this.#position = { image: sample.index, column };
    this.#draw();
  }

  /** Where the image is now: a gallery that fills gets rows before it. */
  #row(): number {
    return this.#mosaic?.grid.rows.findIndex(({ index }) => index === this.#position.image) ?? -1;
  }

  #draw(): void {
    const mosaic = this.#mosaic;
    const { column } = this.#position;
    const row = this.#row();
    const sample = mosaic?.grid.rows[row];
    const shown = mosaic?.grid.columns[column];
    if (!mosaic || !sample || !shown) {
      this.element.close();
      return;
    }
    const { grid } = mosaic;
    mosaic.draw(this.#canvas, row, column);
    const name = className(grid, sample.label);
    setText(this.#title, shown.title);
    this.#canvas.setAttribute('aria-label', `${shown.title} of image ${sample.index}, ${name}`);
    setEnabled(this.#previous, column > 0);
    setEnabled(this.#next, column < grid.columns.length - 1);
    const predicted = grid.columns.filter(({ key }) => sample.predictions[key]);
    this.#facts.replaceChildren(
      ...fact('Image', `#${sample.index}`),
      ...fact('Label', name),
      ...(sample.facts ?? []).flatMap((one) =>
        fact(`${one.name} ${one.symbol ?? ''}`.trim(), factValue(grid, one, 4), one.about),
      ),
      ...this.#factsOf(sample).flatMap((one) => fact(one.name, one.value)),
      ...(shown.kind === 'perturbation' ? fact('Shown as', 'amplified; grey means unchanged') : []),
      ...(shown.about === undefined ? [] : fact('Picture', shown.about)),
      ...predicted.flatMap(({ key, title }) => [
        element('dt', { text: `Prediction on ${title}`, class: key === shown.key ? 'current' : '' }),
        element('dd', {}, ...predictionLines(grid, sample, key)),
      ]),
      ...(predicted.length === 0 ? fact('Prediction', percent(undefined)) : []),
    );
  }
}

function fact(name: string, value: string, about = ''): HTMLElement[] {
  return [element('dt', { text: name, title: about }), element('dd', { text: value })];
}
