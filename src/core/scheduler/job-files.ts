import * as z from 'zod';
import { errorCodes } from '../errors';
import { processIdentity } from '../processes/process-origin';
import { runProgress } from '../progress';
import { runRecord } from '../records/run-files';
import { recordForm } from '../records/record-form';
import { shownText } from '../text-schema';
import { jobTask } from './job-requests';

/** Where things are inside a job's folder. */
export const jobFile = {
  /** What it is to do. */
  job: 'job.json',
  /** Its process, and how far it is; once it began. */
  state: 'state.json',
  /** Whoever has it does the job. */
  lock: 'job.lock',
  /** What its process writes to its standard streams. */
  output: 'output.log',
} as const;

export const jobId = z.string().regex(/^[\w-]{1,64}$/);

/** `job.json`. */
export const jobRecord = z.strictObject({
  ...recordForm,
  /** What people call it. */
  title: shownText,
  /** Absolute path of the folder that its runs are written to, below `.m2at/runs`. */
  root: z.string().min(1),
  /** Absent for what its process was told by its command line. */
  task: jobTask.optional(),
  /** It waits for its turn until its process says that it is there. */
  queued: z.boolean().optional(),
  /** What it is to compute on, as it was asked for; absent: not known before it begins. */
  device: z.string().max(100).optional(),
  /** Variables that its process has as whoever asked for it had them; others are those of whoever starts it. */
  environment: z.record(z.string().max(100), z.string()).optional(),
  /** Who started it, and tells how it ended for as long as that process lives. */
  startedBy: processIdentity,
  createdAt: z.iso.datetime(),
  /** What it does when nobody has been connected for a minute: go on, or stop with a checkpoint. Absent: go on. */
  alone: z.enum(['continue', 'stop']).optional(),
});
export type JobRecord = z.output<typeof jobRecord>;

/** An M2atError as data. */
export const errorData = z.strictObject({
  code: z.enum(errorCodes),
  what: z.string(),
  where: z.string().optional(),
  lines: z.array(z.string()).optional(),
  hint: z.string().optional(),
});
export type ErrorData = z.output<typeof errorData>;

/** `state.json`, which the job's process alone writes. */
export const jobState = z.strictObject({
  ...recordForm,
  /** Who does it. */
  process: processIdentity,
  /** Its runs' records repeat it. */
  token: z.string().regex(/^[0-9a-f]{32}$/),
  /** Where it listens; absent where it could not. */
  socket: z.string().optional(),
  /** Ids of its runs that have a directory, in the order in which they began. */
  runs: z.array(z.string()),
  /** The run that has no directory yet, or goes on with one that does not say so yet. */
  pending: z.strictObject({ record: runRecord, progress: runProgress.optional() }).optional(),
  /** Runs that ended before they had a directory. */
  refused: z.array(runRecord).optional(),
  /** What it computes on, once that is open, with the index of a GPU after a colon. */
  device: z.string().max(100).optional(),
  /** The GPU that it was given. */
  gpu: z.int().min(0).optional(),
  stopping: z.boolean().optional(),
  /** It has saved the run that was at work and left the device, until it is told to go on. */
  paused: z.boolean().optional(),
  /** Once it is over: since when, and the error that ended it. */
  ended: z.strictObject({ at: z.iso.datetime(), error: errorData.optional() }).optional(),
});
export type JobState = z.output<typeof jobState>;
