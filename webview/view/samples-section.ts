import * as format from '../model/format';
import { isOver, type RunState, type SamplesMessage } from '../model/run-state';
import { passes } from '../model/verdict';
import { element, setText } from './dom';
import type { Host } from './host';
import { Mosaic } from './mosaic';
import { OutcomeFilter } from './outcome-filter';
import { SampleDialog } from './sample-dialog';
import { SampleTable } from './sample-table';

const SMALLEST_FIT = 40;
const LARGEST_FIT = 112;
/** Below this width of the card, tiles stand closer. */
const COMPACT = 460;
/** What a row needs beside its tiles: the column of names, and the space around a tile. */
const NAME_WIDTH = { wide: 84, compact: 74 };
const TILE_SPACE = { wide: 10, compact: 6 };

/** The sample grid of a run: training images, or attacked test images with a filter. */
export class SamplesSection {
  readonly #host: Host;
  readonly #dialog = new SampleDialog();
  readonly #table: SampleTable;
  readonly #filter = new OutcomeFilter(() => {
    this.#show();
  });
  readonly #caption = element('span', { class: 'section-caption' });
  readonly #empty = element('p', { class: 'empty' });
  readonly #slider = element('input', { attributes: { type: 'range', min: '24', max: '192', step: '4' } });
  readonly #card: HTMLElement;
  readonly element: HTMLElement;
  #mosaic: Mosaic | undefined;
  #rows: readonly number[] = [];
  #shown: SamplesMessage | undefined;
  #attack = false;

  constructor(host: Host) {
    this.#host = host;
    this.#table = new SampleTable((position) => {
      if (this.#mosaic) this.#dialog.open(this.#mosaic, this.#rows, position);
    });
    this.#card = element('div', { class: 'card samples-card' }, this.#empty, this.#table.element);
    this.#slider.addEventListener('input', () => {
      host.save({ tileSize: this.#slider.valueAsNumber });
      this.#fit();
    });
    this.element = element(
      'section',
      { class: 'section', attributes: { 'aria-labelledby': 'samples-title' } },
      element(
        'header',
        { class: 'section-header' },
        element('h2', { text: 'Samples', attributes: { id: 'samples-title' } }),
        this.#caption,
        element(
          'div',
          { class: 'section-tools' },
          this.#filter.element,
          element('label', { class: 'slider' }, element('span', { text: 'Size' }), this.#slider),
        ),
      ),
      this.#card,
      this.#dialog.element,
    );
    new ResizeObserver(() => {
      this.#fit();
    }).observe(this.#card);
  }

  draw(state: RunState): void {
    this.#attack = state.record?.kind === 'attack';
    setText(this.#empty, this.#mosaic ? '' : waitingFor(state));
    if (state.samples && state.samples !== this.#shown) {
      this.#shown = state.samples;
      void this.#decode(state.samples);
    }
    this.#filter.element.hidden = !this.#attack || !this.#mosaic;
  }

  async #decode(samples: SamplesMessage): Promise<void> {
    try {
      const mosaic = await Mosaic.decode(samples);
      if (this.#shown !== samples) {
        mosaic.close();
        return;
      }
      this.#mosaic?.close();
      this.#mosaic = mosaic;
      this.#show();
      this.#dialog.update(mosaic, this.#rows);
    } catch (error) {
      setText(this.#empty, `The sample pictures can't be shown. ${String(error)}`);
    }
  }

  #show(): void {
    const grid = this.#mosaic?.grid;
    if (!this.#mosaic || !grid) return;
    const rows = [...grid.rows.keys()].filter((at) => {
      const row = grid.rows[at];
      return row !== undefined && (!this.#attack || passes(this.#filter.value, grid, row));
    });
    this.#rows = rows;
    setText(this.#empty, rows.length === 0 ? 'No image came out this way.' : '');
    this.#table.element.hidden = rows.length === 0;
    this.#filter.element.hidden = !this.#attack;
    this.#filter.draw(grid);
    setText(this.#caption, captionOf(grid, this.#attack));
    this.#table.show(this.#mosaic, rows);
    this.#fit();
  }

  /** Tiles take the size that was chosen, else what the width allows. */
  #fit(): void {
    const columns = this.#mosaic?.grid.columns.length;
    if (!columns || this.#card.clientWidth === 0) return;
    const style = getComputedStyle(this.#card);
    const room = this.#card.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    const density = room < COMPACT ? 'compact' : 'wide';
    const fitting = Math.floor((room - NAME_WIDTH[density]) / columns) - TILE_SPACE[density];
    const size = this.#host.saved.tileSize ?? Math.max(SMALLEST_FIT, Math.min(LARGEST_FIT, fitting));
    this.#slider.value = String(size);
    this.#table.setSize(size, density === 'compact');
  }
}

function captionOf(grid: Mosaic['grid'], attack: boolean): string {
  if (attack) {
    // The title of the adversarial column is the attack that made it.
    const title = grid.columns.at(-1)?.title ?? 'attack';
    return `${format.counted(grid.rows.length, 'test image')} under ${title}`;
  }
  const images = format.counted(grid.rows.length, 'training image');
  return `${images} at step ${format.integer(grid.step)}, epoch ${format.epoch(grid.epoch)}`;
}

function waitingFor({ record }: RunState): string {
  if (record && isOver(record)) return 'This run has no sample pictures.';
  return record?.kind === 'attack'
    ? 'Clean, perturbation and adversarial pictures appear when the first attack has ended.'
    : 'Pictures of a few fixed training images appear here during training: image, perturbation, mask, mixture.';
}
