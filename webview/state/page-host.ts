import type { ToDashboard } from '../../src/protocol/dashboard-protocol';
import { parseStoredState } from './stored-state';
import { savedState, type Host, type SavedState } from './host';

/** Id of the element that holds the state of a page of its own. */
const STATE = 'm2at-report';

/** A page of its own, outside VS Code: it holds one state, and nobody answers. */
export class PageHost implements Host {
  readonly answers = false;
  saved: SavedState = savedState.parse({});

  save(change: Partial<SavedState>): void {
    this.saved = { ...this.saved, ...change };
  }

  post(): void {
    // Nobody listens.
  }

  listen(onMessage: (message: ToDashboard) => void, onInvalid: (reason: string) => void): void {
    try {
      onMessage(parseStoredState(document.getElementById(STATE)?.textContent ?? ''));
    } catch (error) {
      onInvalid(error instanceof Error ? error.message : String(error));
    }
  }
}
