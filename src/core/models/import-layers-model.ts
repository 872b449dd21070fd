import * as tf from '@tensorflow/tfjs';
import * as z from 'zod';
import { traceProgram } from '../engine/tracing/trace-program';
import { M2atError, messageOf } from '../errors';
import { forward } from './forward';
import type { ImportedModel } from './imported-model';
import { loadLayersModel, openSide, type LoadedModel } from './layers-model-file';
import { layoutOf } from './layout-of';

/** @throws M2atError as {@link loadLayersModel} */
export async function importLayersModel(file: string): Promise<ImportedModel> {
  return asImportedModel(await loadLayersModel(file));
}

/**
 * A layers model as an imported one, which disposes it. It is tried once, on shapes alone.
 * @throws M2atError `checkpoint` when a layer can't be run; the model is disposed then
 */
export function asImportedModel({ model, metadata, modelFile }: LoadedModel): ImportedModel {
  const run = (network: tf.LayersModel, x: tf.Tensor): tf.Tensor =>
    forward(network, x, { batchNorm: 'eval', updateStatistics: false });
  const weights = model.weights.map((weight) => weight.read()).filter(isVariable);
  const end = endOf(model);
  const inputShape = model.inputs[0]?.shape ?? [];
  try {
    tryOut((x) => run(model, x), inputShape, modelFile);
  } catch (error) {
    model.dispose();
    throw error;
  }
  return {
    format: 'layers-model',
    inputShape,
    layout: layoutOf(inputShape),
    classes: model.outputs[0]?.shape[1] ?? undefined,
    metadata: Object.fromEntries(
      Object.entries(metadata).map(([key, value]) => [
        key,
        typeof value === 'string' ? value : JSON.stringify(value),
      ]),
    ),
    weights,
    inputRange: rangeOf(model),
    outputs: end === undefined ? 'logits' : 'probabilities',
    forward: (x) => run(model, x),
    ...(end?.logits ? { logits: end.logits } : {}),
    dispose: () => {
      model.dispose();
      for (const weight of weights) if (!weight.isDisposed) weight.dispose();
    },
  };
}

/** What Keras allows and TF.js does not shows only when it runs: strides beside dilations, say. */
function tryOut(run: (x: tf.Tensor) => tf.Tensor, inputShape: tf.Shape, modelFile: string): void {
  const shape = inputShape.map((size, axis) => size ?? (axis === 0 ? 1 : openSide));
  try {
    traceProgram(modelFile, (x) => [run(x)], [{ dtype: 'float32', shape }], { block: 0 });
  } catch (error) {
    if (error instanceof M2atError) throw error;
    throw new M2atError('checkpoint', `the model can't be run: ${messageOf(error)}`, {
      where: modelFile,
      hint: 'The file is damaged, or TF.js lacks what it asks for: convert the model to a graph model or to ONNX.',
      cause: error,
    });
  }
}

function isVariable(tensor: tf.Tensor): tensor is tf.Variable {
  return tensor instanceof tf.Variable;
}

const activated = z.looseObject({ activation: z.string() });

/** Layers that pass scores on as they are, but for their shape. */
const passes = new Set(['Dropout', 'Flatten', 'Reshape']);

/** Where the scores come from: behind what only reshapes them. */
function sourceOf(output: tf.SymbolicTensor | undefined): tf.SymbolicTensor | undefined {
  const layer = output?.sourceLayer;
  const { data } = activated.safeParse(layer?.getConfig());
  const isLinear = layer?.getClassName() === 'Activation' && data?.activation === 'linear';
  if (!layer || !(isLinear || passes.has(layer.getClassName()))) return output;
  return sourceOf(output.inputs[0]);
}

function endsInSoftmax(layer: tf.layers.Layer | undefined): boolean {
  if (layer instanceof tf.LayersModel) return endsInSoftmax(sourceOf(layer.outputs[0])?.sourceLayer);
  const config = activated.safeParse(layer?.getConfig());
  return layer?.getClassName() === 'Softmax' || config.data?.activation === 'softmax';
}

/** The softmax at a model's end, if there is one, and the network without it where that is easy. */
function endOf(model: tf.LayersModel): { logits?: (x: tf.Tensor) => tf.Tensor } | undefined {
  const output = sourceOf(model.outputs[0]);
  const layer = output?.sourceLayer;
  const [before] = output?.inputs ?? [];
  if (!layer || !endsInSoftmax(layer)) return undefined;
  const kind = layer.getClassName();
  if (!before || !['Softmax', 'Activation', 'Dense'].includes(kind)) return {};
  // It shares its layers with the model, which disposes them.
  const body = tf.model({ inputs: model.inputs, outputs: before });
  const rows = (scores: tf.Tensor): tf.Tensor => {
    const [batch = 1] = scores.shape;
    return scores.rank === 2 ? scores : tf.reshape(scores, [batch, -1]);
  };
  return {
    logits: (x) => {
      const features = forward(body, x, { batchNorm: 'eval', updateStatistics: false });
      if (kind !== 'Dense') return rows(features);
      const [kernel, bias] = layer.weights.map((weight) => weight.read());
      const product = kernel ? tf.matMul(features, kernel) : features;
      return rows(bias ? tf.add(product, bias) : product);
    },
  };
}

const rescaling = z.looseObject({ scale: z.number() });

/** What a first layer that rescales images says about their range. */
function rangeOf(model: tf.LayersModel): readonly [number, number] | undefined {
  const first = model.layers.find((layer) => layer.getClassName() !== 'InputLayer');
  if (first instanceof tf.LayersModel) return rangeOf(first);
  if (first?.name === 'input_normalization') return [0, 1];
  const { data } = rescaling.safeParse(first?.getConfig());
  // To [0, 1] or to [-1, 1].
  const scales = [1 / 255, 1 / 127.5];
  const known =
    first?.getClassName() === 'Rescaling' && data && scales.some((s) => Math.abs(data.scale / s - 1) < 1e-3);
  return known ? [0, 255] : undefined;
}
