import * as tf from '@tensorflow/tfjs';
import { M2atError } from '../../errors';
import { Random } from '../../random';
import type { InputSpec } from '../input/input-spec';
import { affineOf } from '../input/prepare-input';
import { normalizeInput } from '../networks/layers';
import type { CheckpointParameters } from '../networks/model-schema';
import { copyModel } from './copy-model';
import { endsInSoftmax, sourceOf, withOneOutput } from './import-layers-model';
import type { LoadedModel } from './layers-model-file';

export interface FineTuneOptions extends Pick<CheckpointParameters, 'head' | 'freeze'> {
  /** Height, width and channels of the images. */
  readonly inputShape: readonly [number, number, number];
  readonly classes: number;
  /** Of a new head. */
  readonly seed: number;
  /** What the network takes, and which of its outputs has the scores. */
  readonly spec: InputSpec;
}

/** A network to train, and what is new about it. */
export interface FineTuned {
  /** Images [N, H, W, C] in [0, 1] to logits [N, classes]. The caller disposes it. */
  readonly model: tf.LayersModel;
  readonly newHead: boolean;
  /** Layers with weights that are not trained because of `freeze`, in order. */
  readonly frozen: readonly string[];
}

/**
 * A network from a file, made ready for training: it takes pixels in [0, 1] and gives logits, with a new last layer where
 * that is wanted, and what is to be frozen is frozen. Weights are copied; the caller still disposes what was loaded.
 * @throws M2atError `bad-input` for images that it does not take, or a pattern that no layer's name fits; `unsupported` for
 * a network that can't be trained like this
 */
export async function fineTune(
  { model: whole, modelFile }: LoadedModel,
  options: FineTuneOptions,
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
  return { model: copy, newHead, frozen };
}

function assertImages({ inputShape, spec }: FineTuneOptions, where: string): void {
  const wanted = [spec.height, spec.width, spec.channels];
  if (wanted.every((size, axis) => size === null || size === inputShape[axis])) return;
  const text = (sizes: readonly (number | null)[]): string => sizes.map((size) => size ?? 'any').join(' x ');
  throw new M2atError(
    'bad-input',
    `takes images of ${text(wanted)}; those of the data set are ${text(inputShape)} (height x width x channels)`,
    { where, hint: 'Take images of its size, or a network for yours.' },
  );
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

/** Weights and biases uniform in ±1 / sqrt(inputs), as PyTorch's Linear. */
function randomHead(
  dense: tf.layers.Layer,
  features: tf.SymbolicTensor,
  { classes, seed }: FineTuneOptions,
): tf.SymbolicTensor {
  const head = tf.layers.dense({ name: dense.name, units: classes, kernelInitializer: 'zeros' });
  const logits = applied(head, features);
  const bound = 1 / Math.sqrt(features.shape.at(-1) ?? 1);
  const random = Random.keyed(seed, 'head');
  tf.tidy(() => {
    head.setWeights(
      head.getWeights().map(({ shape, size }) =>
        tf.tensor(
          Float32Array.from({ length: size }, () => bound * (2 * random.uniform() - 1)),
          shape,
        ),
      ),
    );
  });
  return logits;
}

/** Range, mean and deviation become the first layer, as in every network that this program trains. */
function takingPixels(
  body: tf.LayersModel,
  { inputShape, spec }: FineTuneOptions,
  where: string,
): tf.LayersModel {
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
    const fitting = layers.filter(({ name }) => fits(name, pattern));
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

/** Whether a name is the pattern, whose stars stand for any characters. */
function fits(name: string, pattern: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  if (rest.length === 0) return name === pattern;
  const last = rest.pop() ?? '';
  if (!name.startsWith(first) || !name.endsWith(last) || name.length < first.length + last.length)
    return false;
  let at = first.length;
  for (const part of rest) {
    const found = name.indexOf(part, at);
    if (found < 0 || found + part.length > name.length - last.length) return false;
    at = found + part.length;
  }
  return true;
}
