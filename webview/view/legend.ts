import type { PlotFrame } from '../model/plot-frame';
import { element, setText } from './dom';
import { lineKey } from './icons';

/** The lines of a plot with their values at the cursor, or the latest ones. */
export class Legend {
  readonly element: HTMLElement;
  readonly #values = new Map<string, HTMLElement>();

  constructor({ lines }: PlotFrame) {
    const entries = lines.map((line) => {
      const value = element('span', { class: 'legend-value' });
      this.#values.set(line.id, value);
      return element(
        'span',
        { class: 'legend-entry' },
        element('span', { class: `legend-key colour-${line.colour}` }, lineKey(line.marker)),
        element('span', { class: 'legend-label', text: line.label }),
        value,
      );
    });
    this.element = element('div', { class: 'legend' }, ...entries);
  }

  show(values: ReadonlyMap<string, string>): void {
    for (const [line, target] of this.#values) setText(target, values.get(line) ?? '');
  }
}
