import type { LegendValue } from './legend-values';
import type { PlotFrame } from './plot-frame';
import { element, setText } from '../controls/dom';
import { lineKey } from '../controls/icons';

/** The lines of a plot with their values at the cursor, or the latest ones that are shown. */
export class Legend {
  readonly element: HTMLElement;
  readonly #values = new Map<string, { readonly text: HTMLElement; readonly note: HTMLElement }>();

  constructor({ lines }: PlotFrame) {
    const entries = lines.map((line) => {
      const text = element('span', { class: 'legend-value' });
      const note = element('span', { class: 'legend-note' });
      this.#values.set(line.id, { text, note });
      return element(
        'span',
        { class: 'legend-entry' },
        element('span', { class: `legend-key colour-${line.colour}` }, lineKey(line.marker)),
        element('span', { class: 'legend-label', text: line.label }),
        text,
        note,
      );
    });
    this.element = element('div', { class: 'legend' }, ...entries);
  }

  show(values: ReadonlyMap<string, LegendValue>): void {
    for (const [line, { text, note }] of this.#values) {
      const value = values.get(line);
      setText(text, value?.text ?? '');
      setText(note, value?.note ?? '');
    }
  }
}
