import * as z from 'zod';
import { pictures } from '../core/records/run-event';
import { metricRow, runRecord } from '../core/records/run-files';
import { markLimits } from '../core/records/run-marks';
import { comparedRow } from '../core/report/compare/compared-row';
import { compareView } from '../core/report/compare/compare-view';
import { tolerant } from '../core/tolerant';

/** Between the extension host and the page that compares runs. It names a run by its id, never by a path. */

const run = runRecord.shape.id;

/** The measurements of a run's steps: columns of one length, by their names. */
const columns = z
  .record(z.string(), z.instanceof(Float64Array))
  .refine((all) => new Set(Object.values(all).map(({ length }) => length)).size <= 1, {
    error: 'columns differ in their length',
  });

/** What is compared: runs, and all that belong to a group or came from a file, also those that are yet to come. */
export const selection = z.strictObject({
  runs: z.array(run),
  groups: z.array(z.string()),
  sources: z.array(z.string()),
});
export type Selection = z.output<typeof selection>;

const messages = z.discriminatedUnion('type', [
  /** Everything that is compared: the answer to `ready`. */
  z.strictObject({
    type: z.literal('state'),
    rows: z.array(comparedRow),
    /** For the page to keep over a reload of the window. */
    selection: selection.optional(),
    /** Absent: as the page has it. */
    view: compareView.optional(),
    /** False in an untrusted workspace: nothing is marked. */
    trusted: z.boolean(),
  }),
  /** What became of some runs: their rows take the place of those before; runs in `gone` are there no more. */
  z.strictObject({ type: z.literal('rows'), rows: z.array(comparedRow), gone: z.array(run) }),
  /** Steps of a run from a number on, and every evaluation so far. */
  z.strictObject({
    type: z.literal('series'),
    run,
    /** So many steps are as they were. */
    from: z.int().min(0),
    columns,
    evaluations: z.array(metricRow),
  }),
  pictures.extend({ type: z.literal('samples'), run }),
]);
export const toCompare = tolerant(messages);
export type ToCompare = z.output<typeof toCompare>;

/** Bytes of a picture or a table that the page has made. */
const MOST_SAVED = 2 ** 26;

export const fromCompare = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('ready') }),
  /** Whether the page shows curves, and wants what they are made of. */
  z.strictObject({ type: z.literal('series'), wanted: z.boolean() }),
  /** The sample pictures of a run at a step. */
  z.strictObject({ type: z.literal('samples'), run, step: z.int().min(0) }),
  z.strictObject({ type: z.literal('open'), run }),
  z.strictObject({
    type: z.literal('mark'),
    run,
    change: z.strictObject({
      name: z.string().max(markLimits.name).optional(),
      star: z.boolean().optional(),
      note: z.string().max(markLimits.note).optional(),
      tags: z.array(z.string().max(markLimits.tag)).max(markLimits.tags).optional(),
    }),
  }),
  /** Asks for a name, a note or tags. */
  z.strictObject({ type: z.literal('ask'), run, what: z.enum(['name', 'note', 'tags']) }),
  /** The settings of two runs, side by side. */
  z.strictObject({ type: z.literal('settings'), runs: z.tuple([run, run]) }),
  z.strictObject({
    type: z.literal('save'),
    name: z.string().regex(/^[\w .-]{1,80}$/),
    content: z.union([
      z.string().max(MOST_SAVED),
      z.instanceof(Uint8Array).refine(({ length }) => length <= MOST_SAVED),
    ]),
  }),
  /** The whole comparison as a page of its own. */
  z.strictObject({ type: z.literal('savePage'), view: compareView }),
]);
export type FromCompare = z.output<typeof fromCompare>;
