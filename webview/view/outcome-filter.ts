import { RadioGroup } from '@vscode/webview-ui-toolkit';
import type { SampleGrid } from '../../src/core/runs/run-files';
import { outcomeCounts, sampleFilters, type SampleFilter } from '../model/verdict';
import { setText, toolkitElement } from './dom';

const labels: Record<SampleFilter, string> = {
  all: 'All',
  fooled: 'Fooled',
  robust: 'Robust',
  misclassified: 'Wrong before',
};

/** Chooses the attacked images that the grid shows, by how they came out. */
export class OutcomeFilter {
  readonly element = toolkitElement('vscode-radio-group', {
    class: 'outcome-filter',
    attributes: { 'aria-label': 'Show images' },
  });
  readonly #radios: ReadonlyMap<SampleFilter, HTMLElement>;
  value: SampleFilter = 'all';

  constructor(changed: () => void) {
    this.#radios = new Map(
      sampleFilters.map((filter) => {
        const attributes = { value: filter, ...(filter === 'all' ? { checked: '' } : {}) };
        return [filter, toolkitElement('vscode-radio', { text: labels[filter], attributes })];
      }),
    );
    this.element.append(...this.#radios.values());
    this.element.addEventListener('change', ({ target }) => {
      const value = target instanceof RadioGroup ? target.value : undefined;
      const chosen = sampleFilters.find((filter) => filter === value);
      if (!chosen || chosen === this.value) return;
      this.value = chosen;
      changed();
    });
  }

  draw(grid: SampleGrid): void {
    const counts = outcomeCounts(grid);
    for (const [filter, radio] of this.#radios) setText(radio, `${labels[filter]} (${counts[filter]})`);
  }
}
