import type * as tf from '@tensorflow/tfjs';
import { M2atError } from '../../errors';
import { lastCheckpointOf } from '../../models/last-checkpoint';
import type { ImportedModel } from '../../models/imported-model';
import { findInputSpec, type InputSpec } from '../../models/input/input-spec';
import { logitsOf } from '../../models/input/prepare-input';
import { asImportedModel } from '../../models/layers-model/import-layers-model';
import { loadLayersModel } from '../../models/layers-model/layers-model-file';
import { loadOnnxModel } from '../../models/onnx/load-onnx-model';
import { onnxFile } from '../../models/trained/network-file';
import type { MethodNetwork } from '../method';

/** The standard-trained network that labels helper images. */
export interface Helper {
  /** Inside of a program: logits [N, classes] of images [N, H, W, C] in [0, 1], which it gets as it wants them. */
  logits(images: tf.Tensor): tf.Tensor;
  dispose(): void;
}

/**
 * Loads it with conventions of its own: padding and normalisation are of its file, the range of pixels and what else its
 * input wants is found as for a network under attack.
 * @param helper a model.json, the folder that holds it, a run's directory, or an .onnx file
 * @throws M2atError `checkpoint` or `unsupported` where it can't be loaded, `bad-input` where it takes other images or has other
 * classes than the network in training, or its sidecar does not fit it
 */
export async function loadHelper(helper: string, network: MethodNetwork): Promise<Helper> {
  const { model, modelFile, spec } = await opened(helper).catch(refused);
  const problem = mismatch(model, spec, network);
  if (problem === undefined) {
    const dispose = (): void => {
      model.dispose();
    };
    return { logits: logitsOf(model, spec), dispose };
  }
  model.dispose();
  throw new M2atError('bad-input', `the helper (method.helper) ${problem}`, {
    where: modelFile,
    hint: 'Name a network that was trained on the same data set, on its own images.',
  });
}

async function opened(helper: string): Promise<{ model: ImportedModel; modelFile: string; spec: InputSpec }> {
  // The best checkpoint is chosen by its robustness, which a helper has none of.
  const place = lastCheckpointOf(helper);
  const onnx = await onnxFile(place);
  const loaded = onnx === undefined ? await loadLayersModel(place) : undefined;
  const modelFile = loaded?.modelFile ?? onnx ?? place;
  const model = loaded ? asImportedModel(loaded) : await loadOnnxModel(modelFile);
  try {
    return { model, modelFile, spec: (await findInputSpec(modelFile, model)).spec };
  } catch (error) {
    model.dispose();
    throw error;
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

function mismatch(
  { classes: found }: ImportedModel,
  { height, width, channels }: InputSpec,
  { model, classes }: MethodNetwork,
): string | undefined {
  if (found !== classes) return `has ${found ?? 'no'} classes; the data set has ${classes}`;
  const theirs = [height, width, channels];
  const ours = model.inputs[0]?.shape.slice(1) ?? [];
  // A side that is left open fits all.
  if (theirs.every((side, i) => side === null || side === ours[i])) return undefined;
  return `takes images of ${theirs.join('×')}; those of the data set are ${ours.join('×')}`;
}
