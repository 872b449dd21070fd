import * as z from 'zod';
import { namedDataset } from '../core/data/named-dataset';
import { deviceNames } from '../core/engine/devices/device';
import { errorCodes } from '../core/errors';
import { corruptionParameters } from '../core/corruptions/corruption-parameters';
import { inputKeys, inputOrigins } from '../core/models/input/input-spec-schema';
import { runEvent } from '../core/records/run-event';
import { runRecord } from '../core/records/run-files';
import { transferTable } from '../core/records/transfer-files';
import { tolerant } from '../core/tolerant';

/**
 * Between the extension host and the worker, over vscode-jsonrpc on the child process's IPC channel
 * (structured clone, so pictures travel as Uint8Array). A worker does one job and ends.
 */

/** Where runs are written: `<root>/.m2at/runs/<id>`. */
const root = z.string().min(1);

export const trainRequest = z.strictObject({
  root,
  /** Path of the experiment file; absent where `like` says what is done. */
  file: z.string().optional(),
  /** What a run of the root did, with settings changed: values by dotted path such as `method.epsilon`. */
  like: z.strictObject({ run: z.string(), set: z.record(z.string(), z.json()) }).optional(),
  /** Names of the runs to do where the file has several; absent: all of them. */
  runs: z.array(z.string()).optional(),
  /** Laid over what the file says. */
  device: z.enum(['auto', ...deviceNames]).optional(),
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
  device: z.enum(['auto', ...deviceNames]).default('auto'),
  threads: z.int().min(0).default(0),
  /** Takes the batch that was asked for even where memory is not expected to suffice. */
  ignoreMemory: z.boolean().optional(),
});
export type AttackRequest = z.input<typeof attackRequest>;

export const resumeRequest = z.strictObject({
  root,
  /** The run that is continued, and what it is. */
  run: z.string(),
  kind: z.enum(['train', 'attack']),
  /** A training run begins again at step 0, and gives up what it has done. */
  fromStart: z.boolean().optional(),
  /** In place of what the run began with. */
  device: z.enum(deviceNames).optional(),
  threads: z.int().min(1).optional(),
  /** Goes on even where memory is not expected to suffice. */
  ignoreMemory: z.boolean().optional(),
});
export type ResumeRequest = z.output<typeof resumeRequest>;

export const evaluateRequest = z.strictObject({
  root,
  /** An attack run that is over: its examples are shown to other networks. */
  run: z.string(),
  /** Each as an attack's. */
  checkpoints: z.array(z.string().min(1)).min(1),
  device: z.enum(['auto', ...deviceNames]).default('auto'),
  threads: z.int().min(0).default(0),
});
export type EvaluateRequest = z.input<typeof evaluateRequest>;

export const inspectRequest = z.strictObject({
  /** As an attack's. */
  checkpoint: z.string().min(1),
  /** Of several outputs, the one with the class scores; absent: the sidecar's, or the likeliest. */
  outputName: z.string().optional(),
});
export type InspectRequest = z.output<typeof inspectRequest>;

export const showDatasetRequest = z.strictObject({
  /** A name of the list, or the absolute path of an experiment file, a folder of pictures or an `.npz` file. */
  dataset: z.string().min(1),
});
export type ShowDatasetRequest = z.output<typeof showDatasetRequest>;

/** Data of a ResponseError, so that an M2atError survives the crossing. */
export const errorData = z.strictObject({
  code: z.enum(errorCodes),
  what: z.string(),
  where: z.string().optional(),
  lines: z.array(z.string()).optional(),
  hint: z.string().optional(),
});
export type ErrorData = z.output<typeof errorData>;

const side = z.int().nullable();

/** Answer of an inspection: what has to be asked before a model is attacked, and what can be done with it. */
export const modelInspection = z.strictObject({
  /** Absolute path of the file that was read. */
  modelFile: z.string(),
  /** Id of its format. */
  format: z.string(),
  inputShape: z.array(side),
  /** Every output that the file declares. */
  outputs: z.array(z.strictObject({ name: z.string(), shape: z.array(side).optional() })),
  classes: z.int().optional(),
  /** What the model wants as input, as far as it was found out. */
  spec: z.strictObject({
    layout: z.enum(['NHWC', 'NCHW']),
    height: side,
    width: side,
    channels: side,
    range: z.tuple([z.number(), z.number()]),
    channelOrder: z.enum(['RGB', 'BGR']),
    mean: z.array(z.number()).optional(),
    std: z.array(z.number()).optional(),
    outputs: z.enum(['logits', 'probabilities']),
    outputName: z.string().optional(),
    classNames: z.array(z.string()).optional(),
  }),
  /** What nothing told, so that the usual value stands in. */
  assumed: z.array(z.string()),
  /** Where each part of it is known from. */
  origins: z.record(z.enum(inputKeys), z.enum(inputOrigins)),
  /** Where answers are remembered. */
  sidecar: z.string(),
  /** Why only attacks by forward passes run on it; absent where every attack does. */
  noGradient: errorData.optional(),
  /** It is a checkpoint of a version without checksums. */
  unverified: z.boolean(),
  dataset: namedDataset.optional(),
  /** Why the data set that the checkpoint names can't be used. */
  datasetProblem: z.string().optional(),
});
export type ModelInspection = z.output<typeof modelInspection>;

/** Answer of a finished job: its runs, in order, as they ended. */
export const jobResult = z.strictObject({ runs: z.array(tolerant(runRecord)) });
export type JobResult = z.output<typeof jobResult>;

/** Sent with every event: the run that it belongs to. */
export const runEventNotice = z.strictObject({ run: z.string(), event: tolerant(runEvent) });
export type RunEventNotice = z.output<typeof runEventNotice>;

/** Answer of a look at every device. */
const deviceList = z.array(
  z.object({
    name: z.enum(deviceNames),
    available: z.boolean(),
    automatic: z.boolean().optional(),
    detail: z.string(),
  }),
);

/** Answer with the picture of a data set. */
const shownDataset = z.object({
  /** Absolute path of the PNG. */
  file: z.string().min(1),
});
export type ShownDataset = z.output<typeof shownDataset>;

/** A JSON-RPC request: what it takes and what it answers, each checked on arrival. */
export interface WorkerRequest<Params extends z.ZodType = z.ZodType, Answer extends z.ZodType = z.ZodType> {
  readonly method: string;
  readonly params: Params;
  readonly answer: Answer;
}

/** Cancelling the token of a request stops its job at the next batch. */
export const workerRequests = {
  train: { method: 'm2at/train', params: trainRequest, answer: jobResult },
  attack: { method: 'm2at/attack', params: attackRequest, answer: jobResult },
  resume: { method: 'm2at/resume', params: resumeRequest, answer: jobResult },
  evaluate: { method: 'm2at/evaluate', params: evaluateRequest, answer: transferTable },
  inspectModel: { method: 'm2at/inspectModel', params: inspectRequest, answer: modelInspection },
  showDataset: { method: 'm2at/showDataset', params: showDatasetRequest, answer: shownDataset },
  devices: { method: 'm2at/devices', params: z.strictObject({}), answer: deviceList },
} as const satisfies Record<string, WorkerRequest>;

/** The notification that carries {@link runEventNotice}. */
export const RUN_EVENT = 'm2at/runEvent';
