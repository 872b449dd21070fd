import * as z from 'zod';
import { runProgress } from '../core/progress';
import { corruptionResults, furtherEvents, pictures, recordEvent } from '../core/records/run-event';
import { stepColumns } from '../core/records/step-columns';
import { transferTable } from '../core/records/transfer-files';
import { attackReport, metricRow, runRecord } from '../core/records/run-files';
import { tolerant } from '../core/tolerant';

/** Between the extension host and the dashboard webview. A webview names a run by its id, never by a path. */

/** What can be done with a run. */
const facts = z.strictObject({
  /** The run's process is known, so that it can be stopped from here. */
  live: z.boolean(),
  /** The run has a checkpoint: it can be attacked, and resumed where it ended early. */
  checkpoint: z.boolean(),
  /** Its process keeps it for when it is told to go on: it saves it now, or has done so. */
  paused: z.boolean(),
});
export type RunFacts = z.output<typeof facts>;

/** Host to webview: what a run tells, at 10 Hz, with what it has from a later version. */
const messages = z.discriminatedUnion('type', [
  /** The whole state: the answer to `ready`, and whenever the host's state was rebuilt from disk. */
  z.strictObject({
    type: z.literal('state'),
    record: runRecord,
    /** Its evaluations. */
    rows: z.array(metricRow),
    /** Its steps; absent where it has none. */
    steps: stepColumns.optional(),
    samples: pictures.optional(),
    report: attackReport.optional(),
    /** Of an attack run: what other networks make of its examples. */
    transfer: transferTable.optional(),
    corruptions: corruptionResults.optional(),
    /** Of an attack run: at most one an attack, told apart by the grid's `attack`. */
    galleries: z.array(pictures).optional(),
    progress: runProgress.optional(),
    ...facts.shape,
    /** False in an untrusted workspace: no stop, no attack. */
    trusted: z.boolean(),
  }),
  z.strictObject({ type: z.literal('rows'), rows: z.array(metricRow) }),
  recordEvent,
  facts.extend({ type: z.literal('facts') }),
  ...furtherEvents,
]);
export const toDashboard = tolerant(messages);
export type ToDashboard = z.output<typeof toDashboard>;

/** Webview to host. */
export const fromDashboard = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('ready') }),
  z.strictObject({ type: z.literal('stop') }),
  z.strictObject({ type: z.literal('pause') }),
  z.strictObject({ type: z.literal('evaluateNow') }),
  z.strictObject({ type: z.literal('resume') }),
  z.strictObject({ type: z.literal('modify') }),
  z.strictObject({ type: z.literal('attack') }),
  z.strictObject({ type: z.literal('evaluate') }),
  z.strictObject({ type: z.literal('copyCommand') }),
  z.strictObject({ type: z.literal('showLog') }),
  z.strictObject({ type: z.literal('revealFolder') }),
]);
export type FromDashboard = z.output<typeof fromDashboard>;
