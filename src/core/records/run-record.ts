import * as z from 'zod';
import { processOrigin } from '../processes/process-origin';
import { shownLines, shownText } from '../text-schema';
import { interval, split } from './accuracy-fields';
import { recordForm } from './record-form';
import { runMarks } from './run-marks';

/** `run.json`: what a run is and where it stands. */
export const runStatuses = ['preparing', 'running', 'stopping', 'done', 'stopped', 'failed'] as const;
export type RunStatus = (typeof runStatuses)[number];

/** 64 hex digits. */
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** What the files of a run were when its record was written, for as long as they stay so. */
const checksums = z.strictObject({
  /** SHA-256 of `experiment.json`, as `sha256OfJson` makes it. */
  experiment: sha256.optional(),
  /** Of `attack.json`; the second is the one before, which stands in the file until it is replaced. */
  attack: z.array(sha256).min(1).max(2).optional(),
  /** Rows of `metrics.jsonl` when the run ended. */
  rows: z.int().min(0).optional(),
  /** SHA-256 of the arrays of an attack when it ended, by their paths in the run directory. */
  arrays: z.record(z.string(), sha256).optional(),
});

/** What a run was computed on. */
export const deviceRecord = z.strictObject({
  /** One line for people: provider, version, threads. */
  description: shownText,
  /** Such as `CPUExecutionProvider`. */
  provider: shownText,
  /** The GPU by name, where it could be found out. */
  adapter: shownText.optional(),
  /** Which of several, from 0. */
  index: z.int().optional(),
  threads: z.int().optional(),
  /** Memory layout of images: `NCHWc16`, `NCHWc8` or `NCHW`. */
  layout: shownText.optional(),
  /** Versions of the libraries that compute. */
  versions: z.record(z.string(), shownText),
  /** The device that was asked for, and why it was not this one. */
  insteadOf: z.strictObject({ name: shownText, reason: shownText }).optional(),
  /** How `auto` came to this device; absent where it was asked for by name. */
  chosen: shownText.optional(),
  /** Nodes that another provider computed, by program and ONNX operator: every one by its name. */
  fallbacks: z.array(
    z.strictObject({
      program: shownText,
      op: shownText,
      provider: shownText,
      nodes: z.array(shownText),
    }),
  ),
});
export type DeviceRecord = z.output<typeof deviceRecord>;

/** Something that a training run saw go wrong, or that ended it early. */
const runSign = z.strictObject({
  /** What it is, such as `catastrophic-overfitting`: there is one of each. */
  sign: shownText,
  step: z.int().min(0),
  epoch: z.number().min(0),
  /** The same in a few words. */
  title: shownText,
  message: shownText,
  /** What to do about it. */
  advice: shownText.optional(),
});
export type RunSign = z.output<typeof runSign>;

/** The runs of one start, where there are several: those of a file, or of its sweep. */
const runGroup = z.strictObject({
  /** No other group of the folder has it. */
  id: z.string().regex(/^[\w.-]{1,128}$/),
  /** The experiment file's. */
  name: shownText,
  /** The run's place in it, from 1. */
  index: z.int().min(1),
  /** Runs that were to be done. */
  size: z.int().min(2),
  /** What the run is called without its seed, where a sweep repeats it: runs that have this in common differ by seed alone. */
  setting: shownText.optional(),
});
export type RunGroup = z.output<typeof runGroup>;

export const runRecord = z.strictObject({
  ...recordForm,
  id: z.string().regex(/^[\w.-]{1,128}$/),
  kind: z.enum(['train', 'attack']),
  /** What people call it: the experiment's name, and the run's name where the file has several. */
  name: shownText,
  status: z.enum(runStatuses),
  /** The error that ended it, when `status` is `failed`. */
  message: shownLines.optional(),
  /** The experiment file or the checkpoint that it came from. */
  source: shownText.optional(),
  /** Absent of a run that was started alone, and in records of earlier versions. */
  group: runGroup.optional(),
  /** The process that owns the run while it is not over; a record whose process is gone was interrupted. */
  pid: z.int().optional(),
  /** Where and when that process began. Absent in records of earlier versions. */
  owner: processOrigin.optional(),
  /** Of that process, as the user's own folder on its machine has it: without that entry nobody believes the two above. */
  token: z.string().max(100).optional(),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime().optional(),
  /** Name of the device. */
  device: shownText.optional(),
  /** Absent in records of the first versions. */
  deviceDetails: deviceRecord.optional(),
  versions: z.record(z.string(), shownText),
  /**
   * What the folder of its experiment file, or else its root, was under version control when the run began. Absent: under
   * none, or that could not be found out.
   */
  git: z
    .strictObject({
      /** Hex digits: 40, or 64. */
      commit: shownText,
      branch: shownText.optional(),
      /** Whether what git tracks was changed, or the experiment file is in no commit; absent: not known. */
      dirty: z.boolean().optional(),
    })
    .optional(),
  /** Arguments of `m2at` that do the same again, in the root's folder. Absent in records of earlier versions. */
  command: z.array(shownText).min(1).optional(),
  /** Of training: version of the way in which the attacks of its evaluations draw random numbers; absent: 1. */
  draws: z.int().optional(),
  /** What has to be known of its files: damage that was found, and what was done about it. */
  warnings: z.array(z.string()).optional(),
  /**
   * Of training: passes over the network, forward and backward, that a step takes for each of its images. Absent in records
   * of earlier versions.
   */
  passes: z.strictObject({ attack: z.number().min(0), training: z.number().min(0) }).optional(),
  /**
   * Of training: images that were held out, and whether they were split off the training images by the seed, are the first
   * ones that `dataset.trainCount` left out, or the data set's own. Absent: none were, or the run is of an earlier version.
   */
  validation: z
    .strictObject({ count: z.int().min(1), from: z.enum(['training', 'left-out', 'data-set']) })
    .optional(),
  /** Of training, in the order in which they were seen. */
  signs: z.array(runSign).optional(),
  /** Absent in records of earlier versions. */
  checksums: checksums.optional(),
  /** Of training on a user's own files: which images there were, as their data set says it. */
  images: sha256.optional(),
  /** Position of training, for lists and badges. */
  progress: z.strictObject({ step: z.int(), steps: z.int(), epoch: z.number(), epochs: z.int() }).optional(),
  /** Results of the latest evaluation (train) or of the attack, once it is done; fractions in [0, 1]. */
  cleanAccuracy: z.number().optional(),
  robustAccuracy: z.number().optional(),
  cleanAccuracyInterval: interval,
  robustAccuracyInterval: interval,
  /** Of these results, in training. */
  split,
  /** What somebody says of the run, from the file beside it: not in this one. `name` is then the one that was given. */
  marks: runMarks.optional(),
  /** The name that the run has of itself, where somebody gave it another one. Not in this file either. */
  ownName: shownText.optional(),
});
export type RunRecord = z.output<typeof runRecord>;
