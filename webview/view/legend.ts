import type { PlotDefinition } from '../model/plot-definitions';
import { element, setText } from './dom';
import { lineKey } from './icons';

/** The lines of a plot with their values at the cursor, or the latest ones. */
export class Legend {
  readonly element: HTMLElement;
  readonly #values = new Map<string, HTMLElement>();

  constructor(definition: PlotDefinition) {
    const entries = definition.lines.map((line) => {
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
