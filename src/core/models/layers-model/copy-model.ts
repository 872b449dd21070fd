import type * as tf from '@tensorflow/tfjs';
import { graphLayerOf, graphModel } from '../graph/graph-layer';
import { buildModel } from './layers-model-file';

/** Another model of the same layers, with weights of its own that begin with the same values. The caller disposes it. */
export async function copyModel(model: tf.LayersModel): Promise<tf.LayersModel> {
  const graph = graphLayerOf(model);
  if (graph) {
    const copy = graphModel(graph.network);
    copy.setWeights(model.getWeights());
    return copy;
  }
  const topology: unknown = model.toJSON(undefined, false);
  if (typeof topology !== 'object' || topology === null)
    throw new TypeError(`${model.name} has no topology.`);
  const copy = await buildModel(topology, model.name);
  copy.setWeights(model.getWeights());
  return copy;
}
