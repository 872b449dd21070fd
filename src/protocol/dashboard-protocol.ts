import * as z from 'zod';
import { runProgress } from '../core/progress';
import { transferTable } from '../core/records/transfer-files';
import { attackReport, metricRow, runRecord, sampleGrid } from '../core/records/run-files';
import { tolerant } from '../core/tolerant';

/** Between the extension host and the dashboard webview. A webview names a run by its id, never by a path. */

/** Encoded PNG. */
const png = z.instanceof(Uint8Array);

export const samplesMessage = z.strictObject({ grid: sampleGrid, png });

/** Host to webview. The host batches `rows` at 10 Hz. What a run has from a later version comes along. */
const messages = z.discriminatedUnion('type', [
  /** The whole state: the answer to `ready`, and whenever the host's state was rebuilt from disk. */
  z.strictObject({
    type: z.literal('state'),
    record: runRecord,
    rows: z.array(metricRow),
    samples: samplesMessage.optional(),
    report: attackReport.optional(),
    /** Of an attack run: what other networks make of its examples. */
    transfer: transferTable.optional(),
    /** Of an attack run: at most one an attack, told apart by the grid's `attack`. */
    galleries: z.array(samplesMessage).optional(),
    progress: runProgress.optional(),
    /** True while a worker of this window owns the run, so that it can be stopped from here. */
    live: z.boolean(),
    /** The run has a checkpoint: it can be attacked, and resumed where it ended early. */
    checkpoint: z.boolean(),
    /** False in an untrusted workspace: no stop, no attack. */
    trusted: z.boolean(),
  }),
  z.strictObject({ type: z.literal('rows'), rows: z.array(metricRow) }),
  z.strictObject({
    type: z.literal('record'),
    record: runRecord,
    live: z.boolean(),
    checkpoint: z.boolean(),
  }),
  z.strictObject({ type: z.literal('progress'), progress: runProgress }),
  z.strictObject({ type: z.literal('samples'), samples: samplesMessage }),
  /** Takes the place of the one of the same attack. */
  z.strictObject({ type: z.literal('gallery'), gallery: samplesMessage }),
  z.strictObject({ type: z.literal('report'), report: attackReport }),
  z.strictObject({ type: z.literal('transfer'), transfer: transferTable }),
]);
export const toDashboard = tolerant(messages);
export type ToDashboard = z.output<typeof toDashboard>;

/** Webview to host. */
export const fromDashboard = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('ready') }),
  z.strictObject({ type: z.literal('stop') }),
  z.strictObject({ type: z.literal('resume') }),
  z.strictObject({ type: z.literal('attack') }),
  z.strictObject({ type: z.literal('evaluate') }),
  z.strictObject({ type: z.literal('showLog') }),
  z.strictObject({ type: z.literal('revealFolder') }),
]);
export type FromDashboard = z.output<typeof fromDashboard>;
