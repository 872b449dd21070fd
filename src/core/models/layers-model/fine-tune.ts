import * as tf from '@tensorflow/tfjs';
import { sizeOf } from '../../engine/arrays/nd-array';
import { M2atError } from '../../errors';
import type { FineTuned, FineTuneOptions } from '../fine-tuned';
import { assertImages } from '../input/assert-images';
import type { InputSpec } from '../input/input-spec';
import { affineOf } from '../input/prepare-input';
import { fitsPattern } from '../name-pattern';
import { headNumbers } from '../networks/head-numbers';
import { normalizeInput } from '../networks/layers';
import { copyModel } from './copy-model';
import { endsInSoftmax, sourceOf, withOneOutput } from './import-layers-model';
import type { LoadedModel } from './layers-model-file';

/** What the network takes, and which of its outputs has the scores. */
interface Options extends FineTuneOptions {
  readonly spec: InputSpec;
}

/**
 * A network from a file, made ready for training: it takes pixels in [0, 1] and gives logits, with a new last layer where
 * that is wanted, and what is to be frozen is frozen. Weights are copied; the caller still disposes what was loaded.
 * @throws M2atError `bad-input` for images that it does not take, or a pattern that no layer's name fits; `unsupported` for
 * a network that can't be trained like this
 */
export async function fineTune(
  { model: whole, modelFile }: LoadedModel,
  options: Options,
): Promise<FineTuned> {
  const { classes, freeze, spec } = options;
  const { model } = withOneOutput(whole, spec.outputName, modelFile);
  const had = model.outputs[0]?.shape[1];
  const newHead = options.head === 'new' || (options.head === 'auto' && had !== classes);
  if (!newHead && had !== classes) {
    throw new M2atError('bad-input', `has ${String(had)} classes, the data has ${classes}`, {
      where: modelFile,
      hint: 'Leave model.head out, and the last layer is replaced.',
    });
  }
  assertImages(options, modelFile);
  const logits = withHead(model, modelFile, (dense, features) =>
    newHead ? randomHead(dense, features, options) : sameHead(dense, features),
  );
  const body = tf.model({ inputs: model.inputs, outputs: logits, name: whole.name });
  const complete = takingPixels(body, options, modelFile);
  const frozen = freezeLayers(complete, freeze, modelFile);
  // With weights of its own, and by the same way as a checkpoint of it will be read.
  const copy = await copyModel(complete);
  const loaded = new Set(whole.weights.map((weight) => weight.read()));
  tf.dispose(complete.weights.map((weight) => weight.read()).filter((value) => !loaded.has(value)));
  const numbers = (list: tf.LayersModel['weights']): number =>
    list.reduce((sum, { shape }) => sum + sizeOf(shape.map((size) => size ?? 1)), 0);
  const { trainableWeights, weights } = copy;
  return {
    ...{ model: copy, newHead, frozen, notes: [] },
    numbers: { trained: numbers(trainableWeights), all: numbers(weights) },
  };
}

/** The scores of the network behind another last layer. */
function withHead(
  model: tf.LayersModel,
  where: string,
  make: (dense: tf.layers.Layer, features: tf.SymbolicTensor) => tf.SymbolicTensor,
): tf.SymbolicTensor {
  const last = sourceOf(model.outputs[0]);
  const isSoftmax = ['Softmax', 'Activation'].includes(last?.sourceLayer.getClassName() ?? '');
  const output = isSoftmax && endsInSoftmax(last?.sourceLayer) ? sourceOf(last?.inputs[0]) : last;
  const layer = output?.sourceLayer;
  const [features] = output?.inputs ?? [];
  if (layer instanceof tf.LayersModel && features) {
    const outputs = withHead(layer, where, make);
    return applied(tf.model({ inputs: layer.inputs, outputs, name: layer.name }), features);
  }
  const activation: unknown = layer?.getConfig().activation;
  if (
    !layer ||
    !features ||
    layer.getClassName() !== 'Dense' ||
    !['linear', 'softmax'].includes(String(activation))
  ) {
    throw new M2atError('unsupported', 'training a network whose last layer is no dense one', {
      where: layer ? `${where}: layer ${layer.name}` : where,
      hint: 'Expected a Dense layer, with or without a softmax, at its end.',
    });
  }
  return make(layer, features);
}

/** The same without a softmax: losses are of logits. */
function sameHead(dense: tf.layers.Layer, features: tf.SymbolicTensor): tf.SymbolicTensor {
  const [kernel, bias] = dense.getWeights();
  const head = tf.layers.dense({
    name: dense.name,
    units: kernel?.shape[1] ?? 0,
    useBias: bias !== undefined,
    kernelInitializer: 'zeros',
    trainable: dense.trainable,
  });
  const logits = applied(head, features);
  head.setWeights(dense.getWeights());
  return logits;
}

function randomHead(
  dense: tf.layers.Layer,
  features: tf.SymbolicTensor,
  { classes, seed }: FineTuneOptions,
): tf.SymbolicTensor {
  const head = tf.layers.dense({ name: dense.name, units: classes, kernelInitializer: 'zeros' });
  const logits = applied(head, features);
  const next = headNumbers(features.shape.at(-1) ?? 1, seed);
  tf.tidy(() => {
    head.setWeights(
      head.getWeights().map(({ shape, size }) => tf.tensor(Float32Array.from({ length: size }, next), shape)),
    );
  });
  return logits;
}

/** Range, mean and deviation become the first layer, as in every network that this program trains. */
function takingPixels(body: tf.LayersModel, { inputShape, spec }: Options, where: string): tf.LayersModel {
  const { scale, shift } = affineOf(spec, inputShape[2]);
  const isIdentity = scale.every((value) => value === 1) && shift.every((value) => value === 0);
  const isOpen = body.inputs[0]?.shape.slice(1).includes(null) ?? true;
  if (isIdentity && !isOpen && spec.channelOrder === 'RGB') return body;
  if (spec.channelOrder === 'BGR' || scale.some((value) => !(value > 0))) {
    const what =
      spec.channelOrder === 'BGR'
        ? 'whose channels are in the order BGR'
        : 'whose black is brighter than its white';
    throw new M2atError('unsupported', `training a network ${what}`, {
      where,
      hint: 'Convert it to one that takes RGB with black below white.',
    });
  }
  const image = tf.input({ shape: [...inputShape], name: 'image' });
  const mean = shift.map((value, channel) => -value / (scale[channel] ?? 1));
  const std = scale.map((value) => 1 / value);
  return tf.model({
    inputs: image,
    outputs: applied(body, normalizeInput(image, { mean, std })),
    name: body.name,
  });
}

function applied(layer: tf.layers.Layer, input: tf.SymbolicTensor): tf.SymbolicTensor {
  const output = layer.apply(input);
  if (output instanceof tf.SymbolicTensor) return output;
  throw new TypeError(`The layer ${layer.name} returned no single symbolic value.`);
}

/** @returns the layers with weights that are frozen now @throws M2atError `bad-input` when a pattern fits none, or all are frozen */
function freezeLayers(model: tf.LayersModel, patterns: readonly string[], where: string): string[] {
  const layers = layersOf(model).filter(({ weights }) => weights.length > 0);
  const frozen = new Set<tf.layers.Layer>();
  for (const pattern of patterns) {
    const fitting = layers.filter(({ name }) => fitsPattern(name, pattern));
    if (fitting.length === 0) {
      throw new M2atError('bad-input', `has no layer with weights that "${pattern}" fits`, {
        where,
        lines: [`Its layers: ${layers.map(({ name }) => name).join(', ')}.`],
        hint: 'Correct model.freeze.',
      });
    }
    for (const layer of fitting) frozen.add(layer);
  }
  for (const layer of frozen) layer.trainable = false;
  if (model.trainableWeights.length === 0) {
    throw new M2atError('bad-input', 'has nothing left to train', {
      where,
      hint: 'Leave a layer out of model.freeze.',
    });
  }
  return layers.filter((layer) => frozen.has(layer)).map(({ name }) => name);
}

/** Those of networks in it, too. */
function layersOf(model: tf.LayersModel): tf.layers.Layer[] {
  return model.layers.flatMap((layer) => (layer instanceof tf.LayersModel ? layersOf(layer) : [layer]));
}
