import * as z from 'zod';
import { toDashboard, type FromDashboard, type ToDashboard } from '../../src/protocol/dashboard-protocol';

interface VsCodeApi {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}
declare function acquireVsCodeApi(): VsCodeApi;

/** What the webview keeps over a reload. The host's serializer reads `run`. */
const savedState = z.object({
  run: z.string().optional(),
  smoothing: z.number().min(0).max(0.99).default(0.6).catch(0.6),
  /** Ids of the plots that are shown as tables. */
  tables: z.array(z.string()).default([]).catch([]),
  /** Side of a sample tile in CSS pixels; absent: as the width allows. */
  tileSize: z.number().min(16).max(512).optional().catch(undefined),
});
export type SavedState = z.output<typeof savedState>;

/** The extension host, as the webview sees it. */
export class Host {
  readonly #api = acquireVsCodeApi();
  #saved: SavedState;

  constructor() {
    const parsed = savedState.safeParse(this.#api.getState() ?? {});
    this.#saved = parsed.success ? parsed.data : savedState.parse({});
  }

  get saved(): SavedState {
    return this.#saved;
  }

  save(change: Partial<SavedState>): void {
    this.#saved = { ...this.#saved, ...change };
    this.#api.setState(this.#saved);
  }

  post(message: FromDashboard): void {
    this.#api.postMessage(message);
  }

  /** Calls back with every message from the host; one that is not in the protocol goes to `onInvalid`. */
  listen(onMessage: (message: ToDashboard) => void, onInvalid: (reason: string) => void): void {
    window.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
      const parsed = toDashboard.safeParse(data);
      if (parsed.success) onMessage(parsed.data);
      else onInvalid(z.prettifyError(parsed.error));
    });
  }
}
