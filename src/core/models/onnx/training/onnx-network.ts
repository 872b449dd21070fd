import * as tf from '@tensorflow/tfjs';
import { onnx } from 'onnx-proto';
import { M2atError } from '../../../errors';
import type { Graph, HostArray } from '../../graph/graph';
import { graphLayerOf, graphModel, type GraphTraining } from '../../graph/graph-layer';
import { prepareGraph } from '../../graph/prepare-graph';
import { stored, storedFormOf } from '../../graph/weight-forms';
import { asScores } from '../load-onnx-model';

/** What of an ONNX graph is trained, and on what. */
export interface OnnxTraining extends GraphTraining {
  /** Weights that are trained, by name. */
  readonly trained: readonly string[];
}

/**
 * A network to train of an ONNX graph, with the file's weights. The caller disposes it.
 * @param proto with all of its weights in it
 * @throws M2atError `unsupported` for weights of another precision, `checkpoint` for those that are missing
 */
export function onnxNetwork(proto: onnx.IModelProto, graph: Graph, training: OnnxTraining): tf.LayersModel {
  const { trained: names, ...rest } = training;
  const moving = [...rest.statistics.values()].flat();
  const variables = [
    ...names.map((name) => ({ name, trained: true })),
    ...moving.map((name) => ({ name, trained: false })),
  ].map((weight) => {
    const array = arrayOf(weight.name, graph);
    return { ...weight, array, stored: storedFormOf(graph, weight.name, array.shape) };
  });
  assertSinglePrecision(proto, new Set(variables.map(({ name }) => name)), graph.modelFile);
  const constants = new Map(graph.constants);
  for (const { name } of variables) constants.delete(name);
  const without = { ...graph, constants };
  const model = graphModel({
    ...rest,
    graph: without,
    prepared: prepareGraph(without),
    weights: variables.map(({ array: { shape }, stored, ...weight }) => ({ ...weight, ...stored, shape })),
    asScores: (value, images) => asScores(value, images, graph),
    source: onnx.ModelProto.encode(proto).finish(),
  });
  const layer = graphLayerOf(model);
  for (const { name, array, stored: form } of variables) {
    tf.tidy(() => {
      layer?.weight(name).write(stored(array, form));
    });
  }
  return model;
}

function arrayOf(name: string, { constants, modelFile }: Graph): HostArray {
  const array = constants.get(name);
  if (array) return array;
  throw new M2atError('checkpoint', `has no weight ${name}`, { where: modelFile });
}

const SINGLE = 1;

function assertSinglePrecision({ graph }: onnx.IModelProto, names: ReadonlySet<string>, where: string): void {
  const other = graph?.initializer?.find(
    ({ name, dataType }) => names.has(name ?? '') && dataType !== SINGLE,
  );
  if (!other) return;
  throw new M2atError('unsupported', 'training weights that are no float32', {
    where: `${where}: tensor ${other.name ?? ''}`,
    hint: 'Export the model in single precision: model.float().',
  });
}
