import * as tf from '@tensorflow/tfjs';
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import * as z from 'zod';
import { sizeOf } from '../engine/arrays/nd-array';
import { M2atError } from '../errors';
import { bestNetwork } from '../records/best-network';
import { description } from '../records/run-paths';
import { trainingWatch } from '../records/training-watch';
import { verifyBytes, withChecksums } from '../models/model-checksums';
import { encodeNetwork } from '../models/trained/encode-network';
import { loadNetwork } from '../models/trained/network-file';
import { shardPath } from '../models/weight-shards';
import { writeFileAtomic } from '../files/atomic-file';
import { namesIn } from '../files/list-folder';
import { readError } from '../files/open-for-reading';
import { makeOwnFolder } from '../files/own-folders';
import { readLimited } from '../files/read-limited';
import { MAX_DESCRIPTION_BYTES, removeUnnamed } from './unnamed-shards';

const DAMAGED = 'The checkpoint is damaged: take another one, or a copy of it.';

/** What a checkpoint says about itself, in the `userDefinedMetadata` of its `model.json`. */
export const checkpointMetadata = z.object({
  /** Training steps done. */
  step: z.int().min(0),
  epoch: z.number().min(0),
  /** Step of the latest evaluation that is in the metrics; 0 before the first. */
  evaluatedStep: z.int().min(0),
  elapsedSeconds: z.number().min(0),
  /** Of the best checkpoint so far; null before the first evaluation. */
  bestRobustAccuracy: z.number().nullable(),
  /** How it was chosen; null before the first evaluation. Absent: by the highest robust accuracy alone. */
  best: bestNetwork.nullable().optional(),
  /** Rows of the metrics up to here. Absent in checkpoints of earlier versions. */
  metricRows: z.int().min(0).optional(),
  /** Absent in checkpoints of earlier versions. */
  watch: trainingWatch.optional(),
  /** The run's name, for people. */
  experiment: z.string(),
  dataset: z.string(),
  classNames: z.array(z.string()),
  /**
   * What the optimizer keeps, in the order of the model's trainable weights (velocities; of Adam the mean gradients, then the
   * mean squared ones), then the method's own state: float32, little-endian.
   */
  optimizerFile: z.string().regex(/^optimizer-[\w-]+\.bin$/),
});
export type CheckpointMetadata = z.output<typeof checkpointMetadata>;
export type CheckpointState = Omit<CheckpointMetadata, 'optimizerFile'>;

export interface CheckpointContent {
  readonly model: tf.LayersModel;
  readonly velocities: readonly tf.Variable[];
  readonly state: CheckpointState;
}

export interface SaveOptions {
  /** Whether the checkpoint that is replaced stays as `previous.json`; otherwise an earlier one does, if there is any. */
  readonly keepsReplaced?: boolean;
  /** How a file is written; tests end the process's life here. */
  readonly write?: typeof writeFileAtomic;
}

/**
 * Writes a checkpoint so that a crash at any moment leaves the old one or the new one, whole, and another one before
 * it where there was any: the new shards get new names, the rename of `model.json` over the old one is the one moment
 * of change, the old description is then written to `previous.json`, and only at the end shards are removed that
 * neither of the two names.
 * @throws M2atError `io`, with the old checkpoint still there
 */
export async function saveCheckpoint(
  folder: string,
  { model, velocities, state }: CheckpointContent,
  { keepsReplaced = false, write = writeFileAtomic }: SaveOptions = {},
): Promise<void> {
  const version = `${state.step}-${randomBytes(4).toString('hex')}`;
  const optimizerFile = `optimizer-${version}.bin`;
  const metadata = { ...state, optimizerFile } satisfies CheckpointMetadata;
  const { modelJson, weights, weightsFile } = encodeNetwork(model, { version, metadata });
  const optimizer = encodeFloats(velocities);
  await makeOwnFolder(folder);
  const [latest, previous] = [path.join(folder, description.latest), path.join(folder, description.previous)];
  const replaced = keepsReplaced
    ? await readLimited(latest, MAX_DESCRIPTION_BYTES).catch(() => undefined)
    : undefined;
  await write(path.join(folder, weightsFile), weights);
  await write(path.join(folder, optimizerFile), optimizer);
  await write(latest, withChecksums(modelJson, { weights, optimizer }));
  if (replaced) await write(previous, replaced);
  await removeUnnamed(folder);
}

export interface TrainingCheckpoint {
  /** The caller disposes it. */
  readonly model: tf.LayersModel;
  readonly state: CheckpointMetadata;
  /** Raw bytes of the momentum buffers, for {@link restoreVelocities}. */
  readonly optimizer: Uint8Array;
  /** False for one of an earlier version, which has no checksums. */
  readonly verified: boolean;
}

/**
 * Reads a checkpoint to go on training from; undefined when the folder has none.
 * @param name of the file that describes it
 * @throws M2atError `checkpoint`, also for one that is not as it was saved
 */
export async function loadTrainingCheckpoint(
  folder: string,
  name: string = description.latest,
): Promise<TrainingCheckpoint | undefined> {
  const names = await namesIn(folder);
  if (!names.includes(name)) return undefined;
  const { model, metadata, modelFile, checksums } = await loadNetwork(path.join(folder, name));
  try {
    const state = checkpointMetadata.safeParse(metadata);
    if (!state.success) {
      const problems = state.error.issues.map(({ message, path }) => `${path.join('.')}: ${message}`);
      throw damaged(modelFile, `its training state is incomplete (${problems.join('; ')})`);
    }
    const optimizer = await readOptimizer(model, state.data, modelFile);
    if (checksums) {
      const file = path.join(folder, state.data.optimizerFile);
      verifyBytes(optimizer, checksums.optimizer, file, modelFile);
    }
    return { model, state: state.data, optimizer, verified: checksums !== undefined };
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/**
 * Up to two numbers a trainable weight, and what the method keeps beside: up to three times as many as there are weights, or
 * 64 MiB. That it is exactly
 * what the training has shows when they are restored.
 */
async function readOptimizer(
  model: tf.LayersModel,
  { optimizerFile }: CheckpointMetadata,
  modelFile: string,
): Promise<Uint8Array> {
  const numbers = model.trainableWeights.reduce((sum, { shape }) => sum + sizeOf(shape.map(Number)), 0);
  const file = await shardPath(optimizerFile, modelFile);
  const options = { code: 'checkpoint', hint: DAMAGED } as const;
  return readLimited(file, 20 * numbers + 2 ** 26, options).catch((error: unknown) => {
    throw readError(error, file, options);
  });
}

/** Sets the velocities from the bytes of a checkpoint. @throws M2atError `checkpoint` when they don't fit */
export function restoreVelocities(
  velocities: readonly tf.Variable[],
  bytes: Uint8Array,
  where: string,
): void {
  const size = velocities.reduce((sum, velocity) => sum + velocity.size, 0);
  if (bytes.length !== size * 4) {
    throw damaged(where, `the optimizer's state has ${bytes.length} bytes; the network needs ${size * 4}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let offset = 0;
  for (const velocity of velocities) {
    const values = Float32Array.from({ length: velocity.size }, (_, i) =>
      view.getFloat32(offset + 4 * i, true),
    );
    offset += values.byteLength;
    assignValues(velocity, values);
  }
}

/** Sets a variable from host memory, in place. */
function assignValues(variable: tf.Variable, values: Float32Array): void {
  const value = tf.tensor(values, variable.shape);
  variable.assign(value);
  value.dispose();
}

function encodeFloats(variables: readonly tf.Variable[]): Uint8Array {
  const size = variables.reduce((sum, variable) => sum + variable.size, 0);
  const view = new DataView(new ArrayBuffer(size * 4));
  let offset = 0;
  for (const variable of variables) {
    for (const value of variable.dataSync()) {
      view.setFloat32(offset, value, true);
      offset += 4;
    }
  }
  return new Uint8Array(view.buffer);
}

function damaged(where: string, what: string): M2atError {
  return new M2atError('checkpoint', what, {
    where,
    hint: DAMAGED,
  });
}
