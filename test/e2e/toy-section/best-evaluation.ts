import { element } from '../../../webview/controls/dom';
import { defineSection } from '../../../webview/sections/define-section';
import { titledSection } from '../../../webview/sections/titled-section';
import * as format from '../../../webview/text/format';

/** When the network withstood most during a training run. */
export const bestEvaluationSection = defineSection({
  kinds: ['train'],
  parts: ['evaluations'],
  place: 'main',
  open() {
    const card = element('div', { class: 'card' });
    return {
      element: titledSection('best', 'Best evaluation', [], card),
      draw({ series: { evaluations } }) {
        const [best] = evaluations.toSorted((a, b) => b.robustAccuracy - a.robustAccuracy);
        if (!best) return false;
        const text = `Robust accuracy ${format.percent(best.robustAccuracy)} at step ${format.integer(best.step)}`;
        card.replaceChildren(element('p', { text }));
        return true;
      },
    };
  },
});
