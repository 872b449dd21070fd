import type { ReportAnalysis } from '../../../src/core/records/run-files';
import { confusionMatrix, confusionTable, LARGEST_MATRIX } from './confusion-matrix';
import { confusionHeatMap } from './confusion-heat-map';
import { DataTable } from '../../controls/data-table';
import { element } from '../../controls/dom';
import { RadioChoice } from '../../controls/radio-choice';

type Confusion = ReportAnalysis['confusion'];
type Which = keyof Confusion;

const labels: Readonly<Record<Which, string>> = { adversarial: 'Attacked', clean: 'Clean' };
const captions: Readonly<Record<Which, string>> = {
  adversarial: 'Predictions under attack, by true class',
  clean: 'Predictions on clean images, by true class',
};

/** Which classes are taken for which: a heat map of a few classes, a list of the largest confusions of many. */
export class ConfusionCard {
  readonly #which = new RadioChoice<Which>('Predictions on', ['adversarial', 'clean'], labels, () => {
    this.#show();
  });
  readonly #frame = element('div', { class: 'confusion-scroller' });
  readonly #list = new DataTable();
  readonly element = element(
    'section',
    { class: 'card confusion-card', attributes: { 'aria-labelledby': 'confusion-title' } },
    element(
      'header',
      { class: 'card-header' },
      element('h3', { text: 'Confusion', attributes: { id: 'confusion-title' } }),
      this.#which.element,
    ),
    this.#frame,
    this.#list.element,
  );
  #confusion: Confusion = { clean: [], adversarial: [] };
  #name: (label: number) => string = String;

  draw(confusion: Confusion, name: (label: number) => string): void {
    this.#confusion = confusion;
    this.#name = name;
    this.#show();
  }

  #show(): void {
    const which = this.#which.value;
    const entries = this.#confusion[which];
    const other = this.#confusion[which === 'clean' ? 'adversarial' : 'clean'];
    const matrix = confusionMatrix(entries, other);
    const small = matrix.labels.length <= LARGEST_MATRIX;
    this.#frame.hidden = !small;
    this.#list.element.hidden = small;
    if (small) this.#frame.replaceChildren(confusionHeatMap(matrix, captions[which], this.#name));
    else this.#list.show(confusionTable(entries, captions[which], this.#name));
  }
}
