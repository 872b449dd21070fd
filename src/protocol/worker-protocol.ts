import * as z from 'zod';
import { namedDataset } from '../core/data/named-dataset';
import { deviceNames } from '../core/engine/devices/device';
import { deviceChoice } from '../core/engine/devices/device-choice';
import { inputKeys, inputOrigins } from '../core/models/input/input-spec-schema';
import { transferTable } from '../core/records/transfer-files';
import { errorData } from '../core/scheduler/job-files';

/**
 * Between the extension host and the worker that it asks something, over vscode-jsonrpc on the child process's IPC channel. A
 * worker answers one request and ends. Training and attacks are jobs of processes of their own (`src/core/scheduler`).
 */

/** Where runs are written: `<root>/.m2at/runs/<id>`. */
const root = z.string().min(1);

export const evaluateRequest = z.strictObject({
  root,
  /** An attack run that is over: its examples are shown to other networks. */
  run: z.string(),
  /** Each as an attack's. */
  checkpoints: z.array(z.string().min(1)).min(1),
  device: deviceChoice.default('auto'),
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

/** Cancelling the token of a request ends its work. */
export const workerRequests = {
  evaluate: { method: 'm2at/evaluate', params: evaluateRequest, answer: transferTable },
  inspectModel: { method: 'm2at/inspectModel', params: inspectRequest, answer: modelInspection },
  showDataset: { method: 'm2at/showDataset', params: showDatasetRequest, answer: shownDataset },
  devices: { method: 'm2at/devices', params: z.strictObject({}), answer: deviceList },
} as const satisfies Record<string, WorkerRequest>;

/** The notification that carries a `RunProgress`: how far the work of a request is. */
export const PROGRESS = 'm2at/progress';
