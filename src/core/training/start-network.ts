import type * as tf from '@tensorflow/tfjs';
import type { Dataset } from '../data/dataset';
import type { FullExperiment } from '../experiment/resolve-experiment';
import { lastCheckpointOf } from '../models/last-checkpoint';
import { findInputSpec } from '../models/input/input-spec';
import { copyModel } from '../models/layers-model/copy-model';
import type { FineTuned } from '../models/fine-tuned';
import { fineTune } from '../models/layers-model/fine-tune';
import { fineTuneOnnx } from '../models/onnx/training/fine-tune-onnx';
import { onnxFile } from '../models/trained/network-file';
import { asImportedModel } from '../models/layers-model/import-layers-model';
import { loadLayersModel } from '../models/layers-model/layers-model-file';
import { createModel } from '../models/networks/create-model';
import type { CheckpointParameters } from '../models/networks/model-schema';
import type { TrainingCheckpoint } from '../runs/checkpoint-store';
import { copyWeights } from './restore-checkpoint';

/** A network as its training begins or goes on. */
export interface StartNetwork {
  /** The caller disposes it. */
  readonly model: tf.LayersModel;
  /** Where its weights come from, for people; absent: they are new. */
  readonly begins?: string | undefined;
}

/**
 * The network of an experiment: built with seeded weights, or from a file; where a run goes on, with its checkpoint's weights.
 * @throws M2atError `checkpoint`, `unsupported` or `bad-input` for a file that can't be trained on these images
 */
export async function startNetwork(
  { model, seed }: FullExperiment,
  dataset: Dataset,
  resumed: { readonly checkpoint: TrainingCheckpoint; readonly file: string } | undefined,
): Promise<StartNetwork> {
  const { height, width, channels } = dataset.train;
  const classes = dataset.classNames.length;
  const inputShape = [height, width, channels] as const;
  if (model.name === 'checkpoint') {
    // The file may have changed since; the checkpoint has the same layers, frozen as they were.
    if (resumed) return { model: await copyModel(resumed.checkpoint.model) };
    return fromFile(model, { inputShape, classes, seed });
  }
  const made = createModel(model, { inputShape, classes, seed, normalization: dataset.normalization });
  try {
    if (resumed) copyWeights(resumed.checkpoint, made, resumed.file);
    return { model: made };
  } catch (error) {
    made.dispose();
    throw error;
  }
}

interface Wanted {
  readonly inputShape: readonly [number, number, number];
  readonly classes: number;
  readonly seed: number;
}

async function fromFile({ file, head, freeze }: CheckpointParameters, wanted: Wanted): Promise<StartNetwork> {
  const place = lastCheckpointOf(file);
  const options = { ...wanted, head, freeze };
  const onnx = await onnxFile(place);
  if (onnx !== undefined) {
    const made = await fineTuneOnnx(onnx, options);
    return { model: made.model, begins: textOf(onnx, made) };
  }
  const loaded = await loadLayersModel(place);
  // Disposes what was loaded.
  const imported = asImportedModel(loaded);
  try {
    const { spec } = await findInputSpec(loaded.modelFile, imported);
    const made = await fineTune(loaded, { ...options, spec });
    return { model: made.model, begins: textOf(loaded.modelFile, made) };
  } finally {
    imported.dispose();
  }
}

function textOf(file: string, { newHead, numbers, frozen, notes }: FineTuned): string {
  const notTrained = frozen.length > 0 ? `; not trained: ${frozen.join(', ')}` : '';
  return [
    `Begins with ${file}, ${newHead ? 'with a new last layer' : 'all layers of it'}; ` +
      `${numbers.trained} of its ${numbers.all} numbers are trained${notTrained}.`,
    ...notes,
  ].join(' ');
}
