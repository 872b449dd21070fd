import { wilsonInterval } from '../../src/core/report/wilson-interval';
import { element, setText } from '../controls/dom';
import { accuracyBars } from '../plots/accuracy-bars';
import * as format from '../text/format';
import { defineSection } from './define-section';
import { titledSection } from './titled-section';

/** The evaluation that ends a training run: clean accuracy and accuracy under each attack. */
export const finalSection = defineSection({
  kinds: ['train'],
  parts: ['record', 'evaluations'],
  place: 'main',
  open() {
    const bars = element('div', { class: 'card bars-card' });
    const caption = element('span', { class: 'section-caption' });
    return {
      element: titledSection('final', 'Final evaluation', [caption], bars),
      draw({ series: { latestEvaluation: final } }) {
        if (!final?.final) return false;
        const { count: images, cleanAccuracy, attacks, network } = final;
        const of = network ? `, the best network: that of step ${format.integer(network.step)}` : '';
        setText(caption, `${format.counted(images, `${final.split ?? 'test'} image`)}${of}`);
        const share = (accuracy: number, on = images) => ({
          note: on === images ? '' : format.counted(on, 'image'),
          accuracy,
          interval: wilsonInterval(accuracy, on),
          images: on,
        });
        bars.replaceChildren(
          accuracyBars('Accuracy without an attack and under each', [
            { title: 'No attack', ...share(cleanAccuracy), kind: 'clean' },
            ...attacks.map(({ attack, robustAccuracy, count, seconds }) => ({
              ...{ title: attack, ...share(robustAccuracy, count), seconds },
              kind: 'robust' as const,
            })),
          ]),
        );
        return true;
      },
    };
  },
});
