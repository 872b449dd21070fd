import * as tf from '@tensorflow/tfjs';
import type { Normalization } from '../../data/dataset';
import type { NetworkStyle } from './model-schema';

/** What one layer makes of a value: how the network builders are written. */
type Node = tf.SymbolicTensor;

/** Keras's sense: the share of the old moving average that stays. PyTorch calls the same 0.1. */
const momentum = 0.9;
const epsilon = 1e-5;

/** Applies a layer to symbolic values, of which TF.js's type says less than it knows. */
function node(layer: tf.layers.Layer, input: Node | Node[]): Node {
  const output = layer.apply(input);
  if (output instanceof tf.SymbolicTensor) return output;
  throw new TypeError(`the layer ${layer.name} has more than one output`);
}

export interface ConvolutionOptions {
  readonly strides?: number;
  /** Absent: TensorFlow's. With stride 1 both are the same. */
  readonly padding?: NetworkStyle['padding'];
}

/**
 * A convolution without bias (a BatchNorm follows, or another convolution's sum), as large as its input over its
 * strides. The kernel is zero until it is initialised. PyTorch's padding with strides is a layer of its own,
 * `name_pad`, that every Keras reader has; `forward` runs both as one.
 */
export function conv(
  x: Node,
  name: string,
  filters: number,
  kernelSize: number,
  { strides = 1, padding = 'tensorflow' }: ConvolutionOptions = {},
): Node {
  const side = (kernelSize - 1) / 2;
  const symmetric = padding === 'pytorch' && strides > 1 && side > 0;
  const sides: [number, number] = [side, side];
  return node(
    tf.layers.conv2d({
      name,
      filters,
      kernelSize,
      strides,
      padding: symmetric ? 'valid' : 'same',
      useBias: false,
      kernelInitializer: 'zeros',
    }),
    symmetric ? node(tf.layers.zeroPadding2d({ name: `${name}_pad`, padding: [sides, sides] }), x) : x,
  );
}

export function batchNorm(x: Node, name: string): Node {
  return node(tf.layers.batchNormalization({ name, momentum, epsilon }), x);
}

/** BatchNormalization, then the activation: two layers, which `forward` runs as one where it is ReLU. */
export function batchNormActivation(x: Node, name: string, style: NetworkStyle): Node {
  return activation(batchNorm(x, name), name, style);
}

/** The network's activation, of a class that every Keras reader has: the layer `name_relu`, and so on. */
export function activation(x: Node, name: string, { activation: kind, leakySlope }: NetworkStyle): Node {
  switch (kind) {
    case 'relu':
      return node(tf.layers.reLU({ name: `${name}_relu` }), x);
    case 'silu':
      // TF.js's layers know the name swish alone; Keras knows both.
      return node(tf.layers.activation({ name: `${name}_silu`, activation: 'swish' }), x);
    case 'leaky-relu':
      return node(tf.layers.leakyReLU({ name: `${name}_leaky_relu`, alpha: leakySlope }), x);
  }
}

export function dense(x: Node, name: string, units: number): Node {
  return node(tf.layers.dense({ name, units, kernelInitializer: 'zeros' }), x);
}

export function maxPool(x: Node, name: string): Node {
  return node(tf.layers.maxPooling2d({ name, poolSize: 2, strides: 2, padding: 'valid' }), x);
}

/** The convolution that a network begins with. */
export function stemConv(x: Node, name: string, filters: number, { stem, padding }: NetworkStyle): Node {
  if (stem === '7x7-pool') return conv(x, name, filters, 7, { strides: 2, padding });
  return conv(x, name, filters, 3, { strides: stem === '3x3' ? 1 : 2, padding });
}

/**
 * The max-pool that follows it and its activation in a stem that has one, else nothing. PyTorch's padding is a layer of zeros,
 * which is what an activated value is padded with as if there were nothing, where the activation is ReLU.
 */
export function stemPool(x: Node, name: string, { stem, padding }: NetworkStyle): Node {
  if (stem !== '7x7-pool') return x;
  const pool = (from: Node, sides: 'same' | 'valid'): Node =>
    node(tf.layers.maxPooling2d({ name, poolSize: 3, strides: 2, padding: sides }), from);
  if (padding === 'tensorflow') return pool(x, 'same');
  const sides: [number, number] = [1, 1];
  return pool(node(tf.layers.zeroPadding2d({ name: `${name}_pad`, padding: [sides, sides] }), x), 'valid');
}

export function averagePool(x: Node, name: string): Node {
  return node(tf.layers.averagePooling2d({ name, poolSize: 2, strides: 2, padding: 'valid' }), x);
}

export function globalAveragePool(x: Node, name: string): Node {
  return node(tf.layers.globalAveragePooling2d({ name, dataFormat: 'channelsLast' }), x);
}

export function flatten(x: Node, name: string): Node {
  return node(tf.layers.flatten({ name }), x);
}

export function add(x: Node, y: Node, name: string): Node {
  return node(tf.layers.add({ name }), [x, y]);
}

/**
 * (x - mean) / std for each channel, as a frozen BatchNormalization layer without scale and offset: any Keras
 * reader understands it, and an attack's epsilon is in pixels because the network starts before it.
 */
export function normalizeInput(x: Node, { mean, std }: Normalization): Node {
  const layer = tf.layers.batchNormalization({
    name: 'input_normalization',
    trainable: false,
    scale: false,
    center: false,
    epsilon: 0,
  });
  const output = node(layer, x);
  tf.tidy(() => {
    layer.setWeights([tf.tensor1d([...mean]), tf.tensor1d(std.map((value) => value ** 2))]);
  });
  return output;
}
