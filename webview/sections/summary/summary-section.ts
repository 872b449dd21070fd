import { element, setText } from '../../controls/dom';
import { defineSection } from '../define-section';
import { announcement } from './announcement';

/** What a screen reader hears: only evaluations and the end of a run, never the stream of steps. */
export const summarySection = defineSection({
  kinds: ['train', 'attack'],
  parts: ['record', 'evaluations', 'report'],
  place: 'end',
  open() {
    const attributes = { role: 'status', 'aria-live': 'polite', 'aria-atomic': 'true' };
    const summary = element('p', { class: 'visually-hidden', attributes });
    return {
      element: summary,
      draw(state) {
        setText(summary, announcement(state));
        return true;
      },
    };
  },
});
