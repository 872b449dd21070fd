import * as z from 'zod';
import { attackReport, metricRow, runRecord, sampleGrid } from './run-files';

/** What a long job is doing right now. Never stored. */
export const runProgress = z.strictObject({
  phase: z.enum(['download', 'load', 'compile', 'train', 'evaluate', 'attack']),
  done: z.number(),
  total: z.number(),
  unit: z.enum(['bytes', 'images', 'steps']),
  secondsLeft: z.number().optional(),
  detail: z.string().optional(),
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
  z.strictObject({ type: z.literal('log'), level: z.enum(['info', 'warn', 'error']), text: z.string() }),
]);
export type RunEvent = z.output<typeof runEvent>;
export type OnRunEvent = (event: RunEvent) => void;
