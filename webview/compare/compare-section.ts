import type { Theme } from '../plots/theme';
import type { CompareHost } from './compare-host';
import type { ComparePart, CompareState } from './compare-state';

/** What one part of the page tells the others. */
export class Signal<Value> {
  readonly #listeners: ((value: Value) => void)[] = [];
  #value: Value | undefined;

  listen(listener: (value: Value) => void): void {
    this.#listeners.push(listener);
  }

  set(value: Value): void {
    if (this.#value === value) return;
    this.#value = value;
    for (const listener of this.#listeners) listener(value);
  }
}

/** What the parts of the page share. */
export interface ComparePage {
  readonly host: CompareHost;
  readonly state: CompareState;
  /** Colours of runs, by their ids. */
  readonly colours: () => ReadonlyMap<string, string>;
  readonly theme: () => Theme;
  /** The step that the cursor of the curves is at; undefined where it is at none. */
  readonly cursor: Signal<number | undefined>;
  /** Draws everything again in the next frame: people changed something that all of it depends on. */
  readonly redraw: () => void;
}

/** A part of the page. */
export interface CompareSection {
  readonly element: HTMLElement;
  /** What of the state it shows. */
  readonly parts: readonly ComparePart[];
  /** @returns whether there is something to show: it is hidden otherwise */
  draw(): boolean;
  /** Takes over colours for canvases after they changed. */
  restyle?(): void;
}
