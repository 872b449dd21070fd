import * as z from 'zod';
import { runProgress } from '../progress';
import { attackReport, metricRow, runRecord, sampleGrid } from './run-files';
import { shownText } from '../text-schema';
import { transferTable } from './transfer-files';

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
