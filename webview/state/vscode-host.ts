import * as z from 'zod';
import { toDashboard, type FromDashboard, type ToDashboard } from '../../src/protocol/dashboard-protocol';
import { savedState, type Host, type SavedState } from './host';

interface VsCodeApi {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}
declare function acquireVsCodeApi(): VsCodeApi;

/** The extension host, as the webview sees it. */
export class VsCodeHost implements Host {
  readonly answers = true;
  readonly #api = acquireVsCodeApi();
  #saved: SavedState;

  constructor() {
    const parsed = savedState.safeParse(this.#api.getState() ?? {});
    this.#saved = parsed.success ? parsed.data : savedState.parse({});
  }

  /** Whether this page is a webview of VS Code. */
  static get isThere(): boolean {
    return typeof acquireVsCodeApi === 'function';
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

  listen(onMessage: (message: ToDashboard) => void, onInvalid: (reason: string) => void): void {
    window.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
      const parsed = toDashboard.safeParse(data);
      if (parsed.success) onMessage(parsed.data);
      else onInvalid(z.prettifyError(parsed.error));
    });
    this.post({ type: 'ready' });
  }
}
