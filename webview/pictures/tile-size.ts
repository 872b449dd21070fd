import { element } from '../controls/dom';
import type { Host } from '../state/host';
import type { SampleTable } from './sample-table';

const SMALLEST_FIT = 40;
const LARGEST_FIT = 112;
/** Below this width of the card, tiles stand closer. */
const COMPACT = 460;
/** What a row needs beside its tiles: the column of names, and the space around a tile. */
const NAME_WIDTH = { wide: 84, compact: 74 };
const TILE_SPACE = { wide: 10, compact: 6 };

/** The size of the pictures in a card: what was chosen, else what the width allows. */
export class TileSize {
  readonly #slider = element('input', { attributes: { type: 'range', min: '24', max: '192', step: '4' } });
  readonly element = element('label', { class: 'slider' }, element('span', { text: 'Size' }), this.#slider);
  readonly #host: Host;
  readonly #card: HTMLElement;
  readonly #table: SampleTable;
  #columns = 0;

  constructor(host: Host, card: HTMLElement, table: SampleTable) {
    this.#host = host;
    this.#card = card;
    this.#table = table;
    this.#slider.addEventListener('input', () => {
      host.save({ tileSize: this.#slider.valueAsNumber });
      this.#apply();
    });
    new ResizeObserver(() => {
      this.#apply();
    }).observe(card);
  }

  /** @param columns pictures in a row */
  fit(columns: number): void {
    this.#columns = columns;
    this.#apply();
  }

  #apply(): void {
    if (this.#columns === 0 || this.#card.clientWidth === 0) return;
    const style = getComputedStyle(this.#card);
    const room = this.#card.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    const density = room < COMPACT ? 'compact' : 'wide';
    const fitting = Math.floor((room - NAME_WIDTH[density]) / this.#columns) - TILE_SPACE[density];
    const size = this.#host.saved.tileSize ?? Math.max(SMALLEST_FIT, Math.min(LARGEST_FIT, fitting));
    this.#slider.value = String(size);
    this.#table.setSize(size, density === 'compact');
  }
}
