import type { KeyNumber } from './key-numbers';
import { element, setText } from '../../controls/dom';

interface Tile {
  readonly element: HTMLElement;
  readonly label: HTMLElement;
  readonly value: HTMLElement;
  readonly note: HTMLElement;
}

/** The row of large numbers under the header. */
export class KeyNumbersRow {
  readonly element = element('dl', { class: 'key-numbers', attributes: { 'aria-label': 'Key numbers' } });
  #tiles = new Map<string, Tile>();

  draw(numbers: readonly KeyNumber[]): void {
    if (numbers.map(({ id }) => id).join() !== [...this.#tiles.keys()].join()) this.#build(numbers);
    for (const number of numbers) {
      const tile = this.#tiles.get(number.id);
      if (!tile) continue;
      setText(tile.label, number.label);
      setText(tile.value, number.value);
      setText(tile.note, number.note);
      if (tile.element.title !== (number.hint ?? '')) tile.element.title = number.hint ?? '';
    }
  }

  #build(numbers: readonly KeyNumber[]): void {
    this.#tiles = new Map(
      numbers.map(({ id, colour }) => {
        const label = element('dt');
        const value = element('dd', { class: 'key-value' });
        const note = element('dd', { class: 'key-note' });
        const className = `key-number${colour ? ` colour-${colour}` : ''}`;
        const tile = element('div', { class: className, attributes: { 'data-key': id } }, label, value, note);
        return [id, { element: tile, label, value, note }];
      }),
    );
    this.element.replaceChildren(...[...this.#tiles.values()].map((tile) => tile.element));
  }
}
