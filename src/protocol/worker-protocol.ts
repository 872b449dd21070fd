import * as z from 'zod';
import { requestedAttack } from '../core/attacks/attack-plan';
import { deviceNames } from '../core/engine/device';
import { errorCodes } from '../core/errors';
import { runEvent } from '../core/runs/run-event';
import { runRecord } from '../core/runs/run-files';

/**
 * Between the extension host and the worker, over vscode-jsonrpc on the child process's IPC channel
 * (structured clone, so pictures travel as Uint8Array). A worker does one job and ends.
 */

/** Where runs are written: `<root>/.m2at/runs/<id>`. */
const root = z.string().min(1);

export const trainRequest = z.strictObject({
  root,
  /** Path of the experiment file. Unused when a run is resumed. */
  file: z.string(),
  /** Names of the runs to do where the file has several; absent: all of them. */
  runs: z.array(z.string()).optional(),
  /** Continue this stopped run instead of starting a new one. */
  resume: z.string().optional(),
  /** Laid over what the file says. */
  device: z.enum(['auto', ...deviceNames]).optional(),
  threads: z.int().min(0).optional(),
});
export type TrainRequest = z.output<typeof trainRequest>;

export const attackRequest = z.strictObject({
  root,
  /** A `model.json`, an `.onnx` or a run's checkpoint folder. Unused when a run is resumed. */
  checkpoint: z.string(),
  /** Continue this stopped run instead of starting a new one. */
  resume: z.string().optional(),
  /** Empty only when a run is resumed. */
  attacks: z.array(requestedAttack),
  /** Measures the fixed-epsilon attacks with each of these, too. */
  epsilons: z.array(z.number()).optional(),
  /** Absolute paths of a pair of `.npy` files; absent: the test images of the checkpoint's data set. */
  arrays: z.strictObject({ images: z.string(), labels: z.string() }).optional(),
  /** At most so many images; absent: all. */
  count: z.int().min(1).optional(),
  /** Draws the images at random by the seed. */
  shuffle: z.boolean().optional(),
  seed: z.int().min(0).default(0),
  device: z.enum(['auto', ...deviceNames]).default('auto'),
  threads: z.int().min(0).default(0),
});
export type AttackRequest = z.input<typeof attackRequest>;

/** Answer of a finished job: its runs, in order, as they ended. */
export const jobResult = z.strictObject({ runs: z.array(runRecord) });
export type JobResult = z.output<typeof jobResult>;

/** Sent with every event: the run that it belongs to. */
export const runEventNotice = z.strictObject({ run: z.string(), event: runEvent });
export type RunEventNotice = z.output<typeof runEventNotice>;

/** Data of a ResponseError, so that an M2atError survives the crossing. */
export const errorData = z.strictObject({
  code: z.enum(errorCodes),
  what: z.string(),
  where: z.string().optional(),
  hint: z.string().optional(),
});

/** Names of the JSON-RPC methods. Cancelling the token of a request stops its job at the next batch. */
export const workerMethods = {
  train: 'm2at/train',
  attack: 'm2at/attack',
  devices: 'm2at/devices',
  runEvent: 'm2at/runEvent',
} as const;
