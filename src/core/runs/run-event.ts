import * as z from 'zod';
import { attackReport, metricRow, runRecord, sampleGrid } from './run-files';
import { shownText } from '../text-schema';
import { transferTable } from './transfer-files';

/** What a long job is doing right now. Never stored. */
export const runProgress = z.strictObject({
  phase: z.enum(['download', 'decode', 'load', 'compile', 'train', 'evaluate', 'attack', 'transfer']),
  done: z.number(),
  /** 0: nothing is counted. */
  total: z.number(),
  /** What `done` and `total` count. */
  unit: z.enum(['bytes', 'files', 'images', 'steps']),
  /**
   * Where images are gone through several times (once without an attack and once for each; for transfer, once a network):
   * which time this is, from 0, of how many. `done` and `total` are of this time alone.
   */
  pass: z.strictObject({ index: z.int().min(0), count: z.int().min(1) }).optional(),
  secondsLeft: z.number().optional(),
  detail: shownText.optional(),
});
export type RunProgress = z.output<typeof runProgress>;

/** Everything a run tells while it goes on. All but `progress` and `log` are also in its directory. */
export const runEvent = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('record'), record: runRecord }),
  z.strictObject({ type: z.literal('progress'), progress: runProgress }),
  z.strictObject({ type: z.literal('metric'), row: metricRow }),
  /** `png`: the encoded picture that the grid describes. */
  z.strictObject({ type: z.literal('samples'), grid: sampleGrid, png: z.instanceof(Uint8Array) }),
  /** Pictures of one attack of an attack run, told apart by the grid's `attack`. */
  z.strictObject({ type: z.literal('gallery'), grid: sampleGrid, png: z.instanceof(Uint8Array) }),
  z.strictObject({ type: z.literal('report'), report: attackReport }),
  /** What other networks make of the examples of an attack run; all of it, without rows when there is nothing any more. */
  z.strictObject({ type: z.literal('transfer'), transfer: transferTable }),
  z.strictObject({ type: z.literal('log'), level: z.enum(['info', 'warn', 'error']), text: shownText }),
]);
export type RunEvent = z.output<typeof runEvent>;
export type OnRunEvent = (event: RunEvent) => void;
