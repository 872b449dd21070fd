import * as z from 'zod';
import { compareView } from '../../src/core/report/compare/compare-view';
import { selection, toCompare, type FromCompare, type ToCompare } from '../../src/protocol/compare-protocol';
import { parseStoredComparison } from './stored-comparison';

/** What the page keeps over a reload. The host's serializer reads `selection`. */
export const savedComparison = z.object({
  selection: selection.optional().catch(undefined),
  view: compareView.catch(compareView.parse({})).default(compareView.parse({})),
  smoothing: z.number().min(0).max(0.99).default(0.6).catch(0.6),
  axis: z.enum(['step', 'epoch', 'time']).default('step').catch('step'),
  logarithmic: z.boolean().default(false).catch(false),
  /** Runs that are left out of the pictures. */
  hidden: z.array(z.string()).default([]).catch([]),
});
export type SavedComparison = z.output<typeof savedComparison>;

/** Where the page is shown: in VS Code, or in a browser, where nobody answers. */
export interface CompareHost {
  readonly answers: boolean;
  readonly saved: SavedComparison;
  save(change: Partial<SavedComparison>): void;
  post(message: FromCompare): void;
  /** Calls back with every message; one that is not in the protocol goes to `onInvalid`. */
  listen(onMessage: (message: ToCompare) => void, onInvalid: (reason: string) => void): void;
}

interface VsCodeApi {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}
declare function acquireVsCodeApi(): VsCodeApi;

class WebviewHost implements CompareHost {
  readonly answers = true;
  readonly #api = acquireVsCodeApi();
  #saved = savedComparison.safeParse(this.#api.getState() ?? {}).data ?? savedComparison.parse({});

  get saved(): SavedComparison {
    return this.#saved;
  }

  save(change: Partial<SavedComparison>): void {
    this.#saved = { ...this.#saved, ...change };
    this.#api.setState(this.#saved);
  }

  post(message: FromCompare): void {
    this.#api.postMessage(message);
  }

  listen(onMessage: (message: ToCompare) => void, onInvalid: (reason: string) => void): void {
    window.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
      const parsed = toCompare.safeParse(data);
      if (parsed.success) onMessage(parsed.data);
      else onInvalid(z.prettifyError(parsed.error));
    });
    this.post({ type: 'ready' });
  }
}

/** A page of its own holds everything that it shows. */
class OwnPage implements CompareHost {
  readonly answers = false;
  saved: SavedComparison = savedComparison.parse({});

  save(change: Partial<SavedComparison>): void {
    this.saved = { ...this.saved, ...change };
  }

  post(): void {
    // Nobody listens.
  }

  listen(onMessage: (message: ToCompare) => void, onInvalid: (reason: string) => void): void {
    try {
      const messages = parseStoredComparison(document.getElementById('m2at-report')?.textContent ?? '');
      for (const message of messages) onMessage(message);
    } catch (error) {
      onInvalid(error instanceof Error ? error.message : String(error));
    }
  }
}

export function compareHost(): CompareHost {
  return typeof acquireVsCodeApi === 'function' ? new WebviewHost() : new OwnPage();
}
