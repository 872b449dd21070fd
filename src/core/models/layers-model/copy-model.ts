import type * as tf from '@tensorflow/tfjs';
import { buildModel } from './layers-model-file';

/** Another model of the same layers, with weights of its own that begin with the same values. The caller disposes it. */
export async function copyModel(model: tf.LayersModel): Promise<tf.LayersModel> {
  const topology: unknown = model.toJSON(undefined, false);
  if (typeof topology !== 'object' || topology === null)
    throw new TypeError(`${model.name} has no topology.`);
  const copy = await buildModel(topology, model.name);
  copy.setWeights(model.getWeights());
  return copy;
}
