import * as z from 'zod';
import { runProgress } from '../progress';
import { attackReport, metricRow, runRecord, sampleGrid } from './run-files';
import { shownText } from '../text-schema';
import { corruptionTable } from './corruption-files';
import { transferTable } from './transfer-files';

/** A grid of pictures; `png`: the encoded picture that it describes. */
export const pictures = z.strictObject({ grid: sampleGrid, png: z.instanceof(Uint8Array) });

/** Accuracy under common corruptions; `pictures`: one image, a row a corruption and a column a severity, after a row without. */
export const corruptionResults = z.strictObject({ table: corruptionTable, pictures: pictures.optional() });

export const recordEvent = z.strictObject({ type: z.literal('record'), record: runRecord });

/** What is told of a run beside its record. */
export const furtherEvents = [
  z.strictObject({ type: z.literal('progress'), progress: runProgress }),
  z.strictObject({ type: z.literal('metric'), row: metricRow }),
  pictures.extend({ type: z.literal('samples') }),
  /** Of one attack of an attack run, told apart by the grid's `attack`: they take the place of earlier ones. */
  pictures.extend({ type: z.literal('gallery') }),
  z.strictObject({ type: z.literal('report'), report: attackReport }),
  /** What other networks make of the examples of an attack run; all of it, without rows when there is nothing any more. */
  z.strictObject({ type: z.literal('transfer'), transfer: transferTable }),
  /** As far as they are measured. */
  corruptionResults.extend({ type: z.literal('corruptions') }),
  z.strictObject({ type: z.literal('log'), level: z.enum(['info', 'warn', 'error']), text: shownText }),
] as const;

/** Everything a run tells while it goes on. It is also in its directory, the latest `progress` for as long as the run goes on. */
export const runEvent = z.discriminatedUnion('type', [recordEvent, ...furtherEvents]);
export type RunEvent = z.output<typeof runEvent>;
export type OnRunEvent = (event: RunEvent) => void;
