import type * as tf from '@tensorflow/tfjs';
import { M2atError } from '../../errors';
import { lastCheckpointOf } from '../../models/last-checkpoint';
import type { ImportedModel } from '../../models/imported-model';
import { findInputSpec } from '../../models/input/input-spec';
import { logitsOf } from '../../models/input/prepare-input';
import { asImportedModel } from '../../models/layers-model/import-layers-model';
import { loadLayersModel, type LoadedModel } from '../../models/layers-model/layers-model-file';
import type { MethodNetwork } from '../method';

/** The standard-trained network that labels helper images. */
export interface Helper {
  /** Inside of a program: logits [N, classes] of images [N, H, W, C] in [0, 1], which it gets as it wants them. */
  logits(images: tf.Tensor): tf.Tensor;
  dispose(): void;
}

/**
 * Loads it with conventions of its own: padding and normalisation are layers of its file, the range of pixels and what else
 * its input wants is found as for a network under attack.
 * @param helper a model.json, the folder that holds it, or a run's directory
 * @throws M2atError `checkpoint` or `unsupported` where it can't be loaded, `bad-input` where it takes other images or has other
 * classes than the network in training, or its sidecar does not fit it
 */
export async function loadHelper(helper: string, network: MethodNetwork): Promise<Helper> {
  // The best checkpoint is chosen by its robustness, which a helper has none of.
  const loaded = await loadLayersModel(lastCheckpointOf(helper)).catch(refused);
  assertFits(loaded, network);
  let model: ImportedModel | undefined;
  try {
    model = asImportedModel(loaded);
    const { spec } = await findInputSpec(loaded.modelFile, model);
    return { logits: logitsOf(model, spec), dispose: () => model?.dispose() };
  } catch (error) {
    model?.dispose();
    return refused(error);
  }
}

/** @throws M2atError that says that it is the helper's, of the same code */
function refused(error: unknown): never {
  if (!(error instanceof M2atError)) throw error;
  const { code, what, where, lines, hint, cause } = error;
  throw new M2atError(code, `the helper (method.helper) can't be loaded: ${what}`, {
    ...(where === undefined ? {} : { where }),
    ...{ lines, cause, hint: hint ?? 'Name the checkpoint of a standard-trained network.' },
  });
}

/** @throws M2atError `bad-input`; the model is disposed then */
function assertFits({ model, modelFile }: LoadedModel, network: MethodNetwork): void {
  const problem = mismatch(model, network);
  if (problem === undefined) return;
  model.dispose();
  throw new M2atError('bad-input', `the helper (method.helper) ${problem}`, {
    where: modelFile,
    hint: 'Name a network that was trained on the same data set, on its own images.',
  });
}

function mismatch(helper: tf.LayersModel, { model, classes }: MethodNetwork): string | undefined {
  const found = helper.outputs[0]?.shape.at(-1);
  if (found !== classes) return `has ${found ?? 'no'} classes; the data set has ${classes}`;
  const [theirs = [], ours = []] = [helper, model].map(({ inputs }) => inputs[0]?.shape.slice(1));
  // A side that is left open fits all.
  const fits = theirs.length === ours.length && theirs.every((side, i) => side === null || side === ours[i]);
  if (fits) return undefined;
  return `takes images of ${theirs.join('×')}; those of the data set are ${ours.join('×')}`;
}
