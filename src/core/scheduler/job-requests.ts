import * as z from 'zod';
import { corruptionParameters } from '../corruptions/corruption-parameters';
import { namedDataset } from '../data/named-dataset';
import { deviceChoice, namedDevice } from '../engine/devices/device-choice';
import { MAX_EXPERIMENT_LENGTH } from '../experiment/experiment-tree';

/** Where runs are written: `<root>/.m2at/runs/<id>`. */
const root = z.string().min(1);

export const trainRequest = z.strictObject({
  root,
  /** Path of the experiment file; absent where `like` says what is done. */
  file: z.string().optional(),
  /** What the file says, as it was when this was asked for; absent: what it says when the job begins. */
  text: z.string().max(MAX_EXPERIMENT_LENGTH).optional(),
  /** What a run of the root did, with settings changed: values by dotted path such as `method.epsilon`. */
  like: z.strictObject({ run: z.string(), set: z.record(z.string(), z.json()) }).optional(),
  /** Laid over each run of the file, in the same way. */
  set: z.record(z.string(), z.json()).optional(),
  /** Names of the runs to do where the file has several; absent: all of them. */
  runs: z.array(z.string()).optional(),
  /** Laid over what the file says. */
  device: deviceChoice.optional(),
  threads: z.int().min(0).optional(),
  /** Starts even where memory is not expected to suffice. */
  ignoreMemory: z.boolean().optional(),
});
export type TrainRequest = z.output<typeof trainRequest>;

export const attackRequest = z.strictObject({
  root,
  /** A file of one of the formats, or a folder that holds a `model.json`. */
  checkpoint: z.string(),
  /** Each by its name, with parameters: whoever plans them knows which these are. */
  attacks: z.array(z.looseObject({ name: z.string() })),
  /** Common corruptions, measured after the attacks, of which there may be none then. */
  corruptions: corruptionParameters.optional(),
  /** Measures the fixed-epsilon attacks with each of these, too. */
  epsilons: z.array(z.number()).optional(),
  /** Absolute paths of a pair of `.npy` files; absent: the test images of a data set. */
  arrays: z.strictObject({ images: z.string(), labels: z.string() }).optional(),
  /** Absent: the one that the checkpoint was trained on, as far as that is known. */
  dataset: namedDataset.optional(),
  /** At most so many images; absent: all. */
  count: z.int().min(1).optional(),
  /** Draws the images at random by the seed. */
  shuffle: z.boolean().optional(),
  seed: z.int().min(0).default(0),
  /** Puts examples on the 8-bit grid before they are judged. */
  eightBit: z.boolean().optional(),
  device: deviceChoice.default('auto'),
  threads: z.int().min(0).default(0),
  /** Takes the batch that was asked for even where memory is not expected to suffice. */
  ignoreMemory: z.boolean().optional(),
});
export type AttackRequest = z.input<typeof attackRequest>;

/** An attack like another one. */
export const attackLikeRequest = z.strictObject({
  root,
  /** The attack run, and what is changed: values by dotted path such as `attacks.0.epsilon`. */
  run: z.string(),
  set: z.record(z.string(), z.json()),
  ignoreMemory: z.boolean().optional(),
});
export type AttackLikeRequest = z.output<typeof attackLikeRequest>;

export const resumeRequest = z.strictObject({
  root,
  /** The run that is continued, and what it is. */
  run: z.string(),
  kind: z.enum(['train', 'attack']),
  /** A training run begins again at step 0, and gives up what it has done. */
  fromStart: z.boolean().optional(),
  /** In place of what the run began with. */
  device: namedDevice.optional(),
  threads: z.int().min(1).optional(),
  /** Goes on even where memory is not expected to suffice. */
  ignoreMemory: z.boolean().optional(),
});
export type ResumeRequest = z.output<typeof resumeRequest>;

/** What a job does. */
export const jobTask = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('train'), request: trainRequest }),
  z.strictObject({ kind: z.literal('attack'), request: attackRequest }),
  z.strictObject({ kind: z.literal('attack-like'), request: attackLikeRequest }),
  z.strictObject({ kind: z.literal('resume'), request: resumeRequest }),
]);
export type JobTask = z.input<typeof jobTask>;
