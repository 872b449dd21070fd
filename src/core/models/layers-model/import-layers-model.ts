import * as tf from '@tensorflow/tfjs';
import * as z from 'zod';
import { asWritten } from '../../engine/tracing/as-written';
import { M2atError, messageOf } from '../../errors';
import { GraphLayer, graphLayerOf } from '../graph/graph-layer';
import { forward } from './forward';
import { chooseOutput, outputText } from '../choose-output';
import type { ImportedModel, ModelOutputs } from '../imported-model';
import { openSide, type LoadedModel } from './layers-model-file';
import { onnxNetworkFormat } from '../is-onnx-network';
import { layoutOf } from '../input/layout-of';
import type { NodeName } from '../gradient-taps';
import { recognizeInput, type RecognizedInput } from '../input/recognize-input';
import { tryNetwork } from '../try-network';

/**
 * A layers model as an imported one, which disposes it. It and its gradient are tried once, on shapes alone.
 * @param outputName of several outputs, the one with the class scores
 * @throws M2atError `checkpoint` when a layer can't be run, `unsupported` when it can't be differentiated; the model is
 * disposed then
 */
export function asImportedModel(
  { model: whole, metadata, modelFile, checksums }: LoadedModel,
  outputName?: string,
): ImportedModel {
  let chosen: ReturnType<typeof withOneOutput>;
  try {
    chosen = withOneOutput(whole, outputName, modelFile);
  } catch (error) {
    whole.dispose();
    throw error;
  }
  const { model, output } = chosen;
  const run = (network: tf.LayersModel, x: tf.Tensor): tf.Tensor =>
    asWritten(() => forward(network, x, { batchNorm: 'eval', updateStatistics: false }));
  const weights = whole.weights.map((weight) => weight.read()).filter(isVariable);
  const end = endOf(model);
  const told = recognizedInput(model);
  const inputShape = model.inputs[0]?.shape ?? [];
  const trialShape = inputShape.map((size, axis) => size ?? (axis === 0 ? 1 : openSide));
  try {
    tryOut((x) => run(model, x), trialShape, modelFile);
  } catch (error) {
    whole.dispose();
    throw error;
  }
  return {
    format: graphLayerOf(whole) ? onnxNetworkFormat : 'layers-model',
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
    inputRange: told?.range,
    normalizes: told?.normalizes,
    isOwn: isOwn(model),
    verified: checksums ? true : 'optimizerFile' in metadata ? false : undefined,
    output,
    outputs: end ? 'probabilities' : makesLogits(model) ? 'logits' : undefined,
    forward: (x) => run(model, x),
    tryOut: (shape) => {
      tryOut((x) => run(model, x), shape, modelFile);
    },
    ...(end?.logits ? { logits: end.logits } : {}),
    dispose: () => {
      whole.dispose();
      for (const weight of weights) if (!weight.isDisposed) weight.dispose();
    },
  };
}

/**
 * The network with the output that has the scores. It shares its layers with the whole model, which disposes them.
 * @throws M2atError `bad-input` when there is no output of that name, `checkpoint` when it is no matrix
 */
export function withOneOutput(
  model: tf.LayersModel,
  outputName: string | undefined,
  modelFile: string,
): { model: tf.LayersModel; output: ModelOutputs } {
  const all = model.outputs.map((tensor, n) => ({
    name: model.outputNames[n] ?? tensor.name,
    shape: tensor.shape,
    tensor,
  }));
  const { output, because } = chooseOutput(all, outputName, modelFile);
  const { name, shape, tensor } = output;
  if (shape.length !== 2 || typeof shape[1] !== 'number') {
    throw new M2atError('bad-input', `the output ${outputText(output)} has no class scores`, {
      where: modelFile,
      hint: 'Expected an output [N, classes].',
    });
  }
  return {
    model: all.length === 1 ? model : tf.model({ inputs: model.inputs, outputs: tensor }),
    output: { name, because, all: all.map((one) => ({ name: one.name, shape: one.shape })) },
  };
}

/** What Keras allows and TF.js does not shows only when it runs: strides beside dilations, say. */
function tryOut(scores: (x: tf.Tensor) => tf.Tensor, shape: readonly number[], modelFile: string): void {
  const refuse = (layer: NodeName | undefined, cause: unknown): M2atError =>
    new M2atError(
      'unsupported',
      layer ? `no gradients through the layer ${layer.op}` : 'no gradients through its output',
      {
        where: layer ? `${modelFile}: layer ${layer.name}` : modelFile,
        hint: 'Convert the model to ONNX: score- and decision-based attacks need its forward pass only.',
        cause,
      },
    );
  try {
    tryNetwork({ modelFile, shape, scores, refuse });
  } catch (error) {
    if (error instanceof M2atError) throw error;
    throw new M2atError('checkpoint', `the model can't be run: ${messageOf(error)}`, {
      where: modelFile,
      hint: 'TF.js lacks what it asks for: convert the model to a graph model or to ONNX.',
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
export function sourceOf(output: tf.SymbolicTensor | undefined): tf.SymbolicTensor | undefined {
  const layer = output?.sourceLayer;
  const { data } = activated.safeParse(layer?.getConfig());
  const isLinear = layer?.getClassName() === 'Activation' && data?.activation === 'linear';
  if (!layer || !(isLinear || passes.has(layer.getClassName()))) return output;
  return sourceOf(output.inputs[0]);
}

export function endsInSoftmax(layer: tf.layers.Layer | undefined): boolean {
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

/** What makes scores of any size, unless an activation bounds them. */
const linear = new Set(['Dense', 'Conv2D', 'DepthwiseConv2D', 'SeparableConv2D', 'BatchNormalization']);
const unbounded = new Set(['linear', 'relu', undefined]);
/** What leaves logits logits. */
const changes = new Set(['ReLU', 'LeakyReLU', 'GlobalAveragePooling2D', 'AveragePooling2D']);

/** Whether the network ends in a product, and so before any softmax or sigmoid. */
function makesLogits(model: tf.LayersModel): boolean {
  let output = sourceOf(model.outputs[0]);
  while (changes.has(output?.sourceLayer.getClassName() ?? '')) output = sourceOf(output?.inputs[0]);
  const layer = output?.sourceLayer;
  if (layer instanceof GraphLayer) return true;
  if (layer instanceof tf.LayersModel) return makesLogits(layer);
  // Pixels are no probabilities.
  if (layer?.getClassName() === 'InputLayer') return true;
  const { data } = activated.safeParse(layer?.getConfig());
  return layer !== undefined && linear.has(layer.getClassName()) && unbounded.has(data?.activation);
}

const rescaling = z.looseObject({ scale: z.number(), offset: z.number().optional() });

/** What a first layer that rescales images says about them. */
function recognizedInput(model: tf.LayersModel): RecognizedInput | undefined {
  const first = firstLayer(model);
  if (first instanceof GraphLayer) return { range: [0, 1] };
  if (first instanceof tf.LayersModel) return recognizedInput(first);
  if (first && isNormalization(first)) return { range: [0, 1], normalizes: statisticsOf(first) };
  const { data } = rescaling.safeParse(first?.getConfig());
  if (first?.getClassName() !== 'Rescaling' || !data) return undefined;
  return recognizeInput([
    { op: 'mul', by: [data.scale] },
    { op: 'add', by: [data.offset ?? 0] },
  ]);
}

function firstLayer(model: tf.LayersModel): tf.layers.Layer | undefined {
  return model.layers.find((layer) => layer.getClassName() !== 'InputLayer');
}

function isNormalization(layer: tf.layers.Layer | undefined): boolean {
  return layer?.name === 'input_normalization';
}

/** BatchNormalization without scale and offset: the data set's mean and variance. */
function statisticsOf(layer: tf.layers.Layer): RecognizedInput['normalizes'] {
  const [mean, variance] = layer.weights.map((weight) => Array.from(weight.read().dataSync<'float32'>()));
  const { data } = z.looseObject({ epsilon: z.number() }).safeParse(layer.getConfig());
  if (!mean || !variance) return undefined;
  const short = (value: number): number => Number(value.toPrecision(5));
  return {
    mean: mean.map(short),
    std: variance.map((value) => short(Math.sqrt(value + (data?.epsilon ?? 0)))),
  };
}

/** Networks of this program begin with a layer of their own that normalises, or are a graph that takes what they take. */
function isOwn(model: tf.LayersModel): boolean {
  return graphLayerOf(model) !== undefined || isNormalization(firstLayer(model));
}
