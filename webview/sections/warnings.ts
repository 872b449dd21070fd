import { element } from '../controls/dom';
import { icon } from '../controls/icons';

/** What stands in the way of trusting a report's numbers. */
export class WarningsList {
  readonly element = element('ul', { class: 'warnings', attributes: { 'aria-label': 'Warnings' } });
  #shown = '';

  draw(warnings: readonly string[]): void {
    this.element.hidden = warnings.length === 0;
    const shown = JSON.stringify(warnings);
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.element.replaceChildren(
      ...warnings.map((text) => element('li', {}, icon('warning'), element('span', { text }))),
    );
  }
}
