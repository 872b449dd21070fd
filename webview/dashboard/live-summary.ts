import { announcement } from './announcement';
import type { RunState } from '../state/run-state';
import { element, setText } from '../controls/dom';

/** What a screen reader hears: only evaluations and the end of a run, never the stream of steps. */
export class LiveSummary {
  readonly element = element('p', {
    class: 'visually-hidden',
    attributes: { role: 'status', 'aria-live': 'polite', 'aria-atomic': 'true' },
  });

  draw(state: RunState): void {
    setText(this.element, announcement(state));
  }
}
