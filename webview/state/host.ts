import * as z from 'zod';
import type { FromDashboard, ToDashboard } from '../../src/protocol/dashboard-protocol';

/** What the webview keeps over a reload. The host's serializer reads `run`. */
export const savedState = z.object({
  run: z.string().optional(),
  smoothing: z.number().min(0).max(0.99).default(0.6).catch(0.6),
  /** Ids of the plots that are shown as tables. */
  tables: z.array(z.string()).default([]).catch([]),
  /** Side of a sample tile in CSS pixels; absent: as the width allows. */
  tileSize: z.number().min(16).max(512).optional().catch(undefined),
});
export type SavedState = z.output<typeof savedState>;

/** Where the page is shown: in VS Code, or in a browser. */
export interface Host {
  /** Whether there is somebody who answers: without, there are no actions. */
  readonly answers: boolean;
  readonly saved: SavedState;
  save(change: Partial<SavedState>): void;
  post(message: FromDashboard): void;
  /** Calls back with every message; one that is not in the protocol goes to `onInvalid`. */
  listen(onMessage: (message: ToDashboard) => void, onInvalid: (reason: string) => void): void;
}

/** Keeps whether a plot, by its id, is shown as a table. */
export function saveAsTable(host: Host, id: string, asTable: boolean): void {
  const others = host.saved.tables.filter((other) => other !== id);
  host.save({ tables: asTable ? [...others, id] : others });
}
