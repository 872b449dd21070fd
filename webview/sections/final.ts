import { wilsonInterval } from '../../src/core/report/wilson-interval';
import * as format from '../text/format';
import type { RunState } from '../state/run-state';
import { accuracyBars } from '../plots/accuracy-bars';
import { element, setText } from '../controls/dom';

/** The evaluation that ends a training run: clean accuracy and accuracy under each attack. */
export class FinalSection {
  readonly #bars = element('div', { class: 'card bars-card' });
  readonly #caption = element('span', { class: 'section-caption' });
  readonly element = element(
    'section',
    { class: 'section', attributes: { 'aria-labelledby': 'final-title' } },
    element(
      'header',
      { class: 'section-header' },
      element('h2', { text: 'Final evaluation', attributes: { id: 'final-title' } }),
      this.#caption,
    ),
    this.#bars,
  );

  draw({ series }: RunState): void {
    const final = series.latestEvaluation;
    this.element.hidden = !final?.final;
    if (!final?.final) return;
    setText(this.#caption, format.counted(final.count, 'test image'));
    this.#bars.replaceChildren(
      accuracyBars('Accuracy without an attack and under each', [
        {
          title: 'No attack',
          note: '',
          accuracy: final.cleanAccuracy,
          interval: wilsonInterval(final.cleanAccuracy, final.count),
          images: final.count,
          kind: 'clean',
        },
        ...final.attacks.map(({ attack, robustAccuracy, seconds }) => ({
          title: attack,
          note: '',
          accuracy: robustAccuracy,
          interval: wilsonInterval(robustAccuracy, final.count),
          images: final.count,
          seconds,
          kind: 'robust' as const,
        })),
      ]),
    );
  }
}
