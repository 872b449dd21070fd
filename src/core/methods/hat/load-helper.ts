import { existsSync } from 'node:fs';
import path from 'node:path';
import type * as tf from '@tensorflow/tfjs';
import { M2atError } from '../../errors';
import { loadLayersModel } from '../../models/layers-model/layers-model-file';
import type { MethodNetwork } from '../method';

/**
 * The standard-trained network that labels helper images; the caller disposes of it.
 * @param helper a model.json, the folder that holds it, or a run's directory
 * @throws M2atError `checkpoint` or `unsupported` where it can't be loaded, `bad-input` where it takes other images or has other
 * classes than the network in training
 */
export async function loadHelper(helper: string, network: MethodNetwork): Promise<tf.LayersModel> {
  const { model, modelFile } = await loadLayersModel(checkpointOf(helper)).catch((error: unknown) => {
    if (!(error instanceof M2atError)) throw error;
    const { code, what, where, lines, hint, cause } = error;
    throw new M2atError(code, `the helper (method.helper) can't be loaded: ${what}`, {
      ...(where === undefined ? {} : { where }),
      ...{ lines, cause, hint: hint ?? 'Name the checkpoint of a standard-trained network.' },
    });
  });
  const problem = mismatch(model, network);
  if (problem === undefined) return model;
  model.dispose();
  throw new M2atError('bad-input', `the helper (method.helper) ${problem}`, {
    where: modelFile,
    hint: 'Name a network that was trained on the same data set, on its own images.',
  });
}

/** Of a run's directory the last checkpoint: the best one is chosen by its robustness, which a helper has none of. */
function checkpointOf(helper: string): string {
  const last = path.join(helper, 'checkpoints', 'last');
  return existsSync(last) ? last : helper;
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
