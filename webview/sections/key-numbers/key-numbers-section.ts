import { element, setText } from '../../controls/dom';
import { defineSection } from '../define-section';
import { keyNumbers, type KeyNumber } from './key-numbers';

/** The row of large numbers under the header. */
export const keyNumbersSection = defineSection({
  kinds: ['train', 'attack'],
  parts: ['record', 'progress', 'steps', 'evaluations', 'report', 'corruptions'],
  place: 'top',
  open() {
    const row = element('dl', { class: 'key-numbers', attributes: { 'aria-label': 'Key numbers' } });
    let tiles = new Map<string, ReturnType<typeof tileOf>>();
    return {
      element: row,
      draw(state) {
        const numbers = keyNumbers(state, Date.now());
        if (numbers.map(({ id }) => id).join() !== [...tiles.keys()].join()) {
          tiles = new Map(numbers.map((number) => [number.id, tileOf(number)]));
          row.replaceChildren(...[...tiles.values()].map((tile) => tile.element));
        }
        for (const number of numbers) tiles.get(number.id)?.show(number);
        return true;
      },
    };
  },
});

function tileOf({ id, colour }: KeyNumber) {
  const label = element('dt');
  const value = element('dd', { class: 'key-value' });
  const note = element('dd', { class: 'key-note' });
  const className = `key-number${colour ? ` colour-${colour}` : ''}`;
  const tile = element('div', { class: className, attributes: { 'data-key': id } }, label, value, note);
  return {
    element: tile,
    show(number: KeyNumber): void {
      setText(label, number.label);
      setText(value, number.value);
      setText(note, number.note);
      if (tile.title !== (number.hint ?? '')) tile.title = number.hint ?? '';
    },
  };
}
