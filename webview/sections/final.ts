import type { EvaluationRow } from '../../src/core/records/run-files';
import { wilsonInterval } from '../../src/core/report/wilson-interval';
import { element, setText } from '../controls/dom';
import { accuracyBars } from '../plots/accuracy-bars';
import * as format from '../text/format';
import { defineSection } from './define-section';
import { titledSection } from './titled-section';

/** The evaluation that ends a training run: clean accuracy and accuracy under each attack, of the best and the last network. */
export const finalSection = defineSection({
  kinds: ['train'],
  parts: ['record', 'evaluations'],
  place: 'main',
  open() {
    const bars = element('div', { class: 'card bars-card' });
    const caption = element('span', { class: 'section-caption' });
    return {
      element: titledSection('final', 'Final evaluation', [caption], bars),
      draw({ series: { latestEvaluation: final, evaluations } }) {
        if (!final?.final) return false;
        setText(caption, captionOf(final));
        const other = evaluations.findLast((row) => row.final && row.beside && row !== final);
        bars.replaceChildren(
          barsOf('Accuracy without an attack and under each', final),
          ...(other
            ? [
                element('p', { class: 'section-caption', text: `Beside it: ${captionOf(other)}` }),
                barsOf('The same of the other network', other),
              ]
            : []),
        );
        return true;
      },
    };
  },
});

/** Which images, and of which network. */
function captionOf({ count, split, network, step, beside }: EvaluationRow): string {
  const of = network
    ? `, the best network: that of step ${format.integer(network.step)}`
    : beside
      ? `, the last network: that of step ${format.integer(step)}`
      : '';
  return `${format.counted(count, `${split ?? 'test'} image`)}${of}`;
}

function barsOf(title: string, { count: images, cleanAccuracy, attacks }: EvaluationRow): HTMLElement {
  const share = (accuracy: number, on = images) => ({
    note: on === images ? '' : format.counted(on, 'image'),
    accuracy,
    interval: wilsonInterval(accuracy, on),
    images: on,
  });
  return accuracyBars(title, [
    { title: 'No attack', ...share(cleanAccuracy), kind: 'clean' },
    ...attacks.map(({ attack, robustAccuracy, count, seconds }) => ({
      ...{ title: attack, ...share(robustAccuracy, count), seconds },
      kind: 'robust' as const,
    })),
  ]);
}
