import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { sizeOf } from '../../src/core/engine/arrays/nd-array';
import { Random } from '../../src/core/random';

type Node = tf.SymbolicTensor;

export function apply(layer: tf.layers.Layer, input: Node | Node[]): Node {
  const output = layer.apply(input);
  assert.ok(output instanceof tf.SymbolicTensor);
  return output;
}

export interface NetworkSize {
  readonly size: number;
  readonly classes: number;
  /** Channels of a layer, for the number that the paper has. */
  readonly channels: (original: number) => number;
}

/** MobileNetV2 (Sandler et al. 2018) in the layers of `keras.applications`. */
export function mobileNetV2({ size, classes, channels }: NetworkSize): tf.LayersModel {
  const input = tf.input({ shape: [size, size, 3], name: 'input_1' });
  const normRelu6 = (x: Node, name: string): Node => {
    const bn = tf.layers.batchNormalization({ name: `${name}_BN`, epsilon: 1e-3, momentum: 0.999 });
    return apply(tf.layers.reLU({ name: `${name}_relu`, maxValue: 6 }), apply(bn, x));
  };
  const pointwise = (x: Node, name: string, filters: number): Node =>
    apply(
      tf.layers.conv2d({
        name,
        filters,
        kernelSize: 1,
        padding: 'same',
        useBias: false,
        kernelInitializer: 'zeros',
      }),
      x,
    );
  let block = 0;
  const bottleneck = (x: Node, expansion: number, filters: number, strides: number): Node => {
    const name = `block_${block++}`;
    const [, height = 0, , width = 0] = x.shape;
    let y = x;
    if (expansion > 1)
      y = normRelu6(pointwise(y, `${name}_expand`, (width ?? 0) * expansion), `${name}_expand`);
    if (strides === 2) {
      const before = (height ?? 0) % 2 === 0 ? 0 : 1;
      const pad: [[number, number], [number, number]] = [
        [before, 1],
        [before, 1],
      ];
      y = apply(tf.layers.zeroPadding2d({ name: `${name}_pad`, padding: pad }), y);
    }
    const depthwise = tf.layers.depthwiseConv2d({
      name: `${name}_depthwise`,
      kernelSize: 3,
      strides,
      padding: strides === 2 ? 'valid' : 'same',
      useBias: false,
      depthwiseInitializer: 'zeros',
    });
    y = normRelu6(apply(depthwise, y), `${name}_depthwise`);
    y = pointwise(y, `${name}_project`, filters);
    y = apply(tf.layers.batchNormalization({ name: `${name}_project_BN`, epsilon: 1e-3 }), y);
    const residual = strides === 1 && width === filters;
    return residual ? apply(tf.layers.add({ name: `${name}_add` }), [x, y]) : y;
  };
  const stem = tf.layers.conv2d({
    name: 'Conv1',
    filters: channels(32),
    kernelSize: 3,
    strides: 2,
    padding: 'same',
    useBias: false,
    kernelInitializer: 'zeros',
  });
  let x = normRelu6(apply(stem, input), 'Conv1');
  for (const [expansion, filters, blocks, strides] of [
    [1, 16, 1, 1],
    [6, 24, 2, 2],
    [6, 32, 3, 2],
    [6, 64, 4, 2],
    [6, 96, 3, 1],
    [6, 160, 3, 2],
    [6, 320, 1, 1],
  ] as const) {
    for (let i = 0; i < blocks; i++) x = bottleneck(x, expansion, channels(filters), i === 0 ? strides : 1);
  }
  x = normRelu6(pointwise(x, 'Conv_1', channels(1280)), 'out');
  x = apply(tf.layers.globalAveragePooling2d({ name: 'global_average_pooling2d' }), x);
  x = apply(
    tf.layers.dense({
      name: 'predictions',
      units: classes,
      activation: 'softmax',
      kernelInitializer: 'zeros',
    }),
    x,
  );
  return randomized(tf.model({ inputs: input, outputs: x, name: 'mobilenetv2' }));
}

/** Inception v3 (Szegedy et al. 2016) in the layers of `keras.applications`. */
export function inceptionV3({ size, classes, channels }: NetworkSize): tf.LayersModel {
  const input = tf.input({ shape: [size, size, 3], name: 'input_1' });
  let count = 0;
  const conv = (
    x: Node,
    filters: number,
    kernelSize: [number, number],
    strides = 1,
    padding: 'same' | 'valid' = 'same',
  ): Node => {
    const name = `${count++}`;
    const layer = tf.layers.conv2d({
      name: `conv2d_${name}`,
      filters: channels(filters),
      kernelSize,
      strides,
      padding,
      useBias: false,
      kernelInitializer: 'zeros',
    });
    const norm = tf.layers.batchNormalization({
      name: `batch_normalization_${name}`,
      scale: false,
      epsilon: 1e-3,
    });
    const relu = tf.layers.activation({ name: `activation_${name}`, activation: 'relu' });
    return apply(relu, apply(norm, apply(layer, x)));
  };
  const average = (x: Node): Node =>
    apply(tf.layers.averagePooling2d({ poolSize: 3, strides: 1, padding: 'same' }), x);
  const shrink = (x: Node): Node => apply(tf.layers.maxPooling2d({ poolSize: 3, strides: 2 }), x);
  const join = (parts: Node[], name: string): Node => apply(tf.layers.concatenate({ name, axis: 3 }), parts);

  let x = conv(input, 32, [3, 3], 2, 'valid');
  x = conv(x, 32, [3, 3], 1, 'valid');
  x = shrink(conv(x, 64, [3, 3]));
  x = conv(x, 80, [1, 1], 1, 'valid');
  x = shrink(conv(x, 192, [3, 3], 1, 'valid'));
  for (const [i, pooled] of [32, 64, 64].entries()) {
    const a = conv(x, 64, [1, 1]);
    const b = conv(conv(x, 48, [1, 1]), 64, [5, 5]);
    const c = conv(conv(conv(x, 64, [1, 1]), 96, [3, 3]), 96, [3, 3]);
    x = join([a, b, c, conv(average(x), pooled, [1, 1])], `mixed${i}`);
  }
  const a3 = conv(x, 384, [3, 3], 2, 'valid');
  const b3 = conv(conv(conv(x, 64, [1, 1]), 96, [3, 3]), 96, [3, 3], 2, 'valid');
  x = join([a3, b3, shrink(x)], 'mixed3');
  for (const [i, width] of [128, 160, 160, 192].entries()) {
    const a = conv(x, 192, [1, 1]);
    const b = conv(conv(conv(x, width, [1, 1]), width, [1, 7]), 192, [7, 1]);
    let c = conv(conv(x, width, [1, 1]), width, [7, 1]);
    c = conv(conv(conv(c, width, [1, 7]), width, [7, 1]), 192, [1, 7]);
    x = join([a, b, c, conv(average(x), 192, [1, 1])], `mixed${i + 4}`);
  }
  const a8 = conv(conv(x, 192, [1, 1]), 320, [3, 3], 2, 'valid');
  let b8 = conv(conv(conv(x, 192, [1, 1]), 192, [1, 7]), 192, [7, 1]);
  b8 = conv(b8, 192, [3, 3], 2, 'valid');
  x = join([a8, b8, shrink(x)], 'mixed8');
  for (const i of [0, 1]) {
    const a = conv(x, 320, [1, 1]);
    const b = conv(x, 384, [1, 1]);
    const bb = join([conv(b, 384, [1, 3]), conv(b, 384, [3, 1])], `mixed9_${i}`);
    const c = conv(conv(x, 448, [1, 1]), 384, [3, 3]);
    const cc = join([conv(c, 384, [1, 3]), conv(c, 384, [3, 1])], `concatenate_${i}`);
    x = join([a, bb, cc, conv(average(x), 192, [1, 1])], `mixed${i + 9}`);
  }
  x = apply(tf.layers.globalAveragePooling2d({ name: 'avg_pool' }), x);
  x = apply(
    tf.layers.dense({
      name: 'predictions',
      units: classes,
      activation: 'softmax',
      kernelInitializer: 'zeros',
    }),
    x,
  );
  return randomized(tf.model({ inputs: input, outputs: x, name: 'inception_v3' }));
}

/** Every other layer that the importers know, on small images. */
export function assortment(): tf.LayersModel {
  const input = tf.input({ shape: [9, 8, 3], name: 'image' });
  const activation = (x: Node, kind: 'swish' | 'selu' | 'elu' | 'tanh' | 'sigmoid' | 'softplus'): Node =>
    apply(tf.layers.activation({ name: `as_${kind}`, activation: kind }), x);
  let x = apply(
    tf.layers.conv2d({ name: 'conv', filters: 6, kernelSize: 3, dilationRate: 2, padding: 'same' }),
    input,
  );
  x = activation(x, 'swish');
  x = apply(
    tf.layers.separableConv2d({ name: 'separable', filters: 5, kernelSize: 3, depthMultiplier: 2 }),
    x,
  );
  x = activation(x, 'selu');
  x = apply(tf.layers.upSampling2d({ name: 'up', size: [2, 2] }), x);
  x = apply(tf.layers.conv2d({ name: 'elu_conv', filters: 4, kernelSize: 3, activation: 'elu' }), x);
  x = apply(tf.layers.leakyReLU({ name: 'leaky', alpha: 0.1 }), x);
  x = apply(tf.layers.averagePooling2d({ name: 'average', poolSize: 2, strides: 2 }), x);
  const left = activation(x, 'sigmoid');
  x = apply(tf.layers.multiply({ name: 'multiply' }), [left, activation(x, 'tanh')]);
  x = apply(tf.layers.dropout({ name: 'dropout', rate: 0.5 }), x);
  const flat = apply(tf.layers.flatten({ name: 'flatten' }), x);
  x = apply(tf.layers.dense({ name: 'hidden', units: 12, activation: 'elu' }), flat);
  x = apply(tf.layers.reshape({ name: 'reshape', targetShape: [2, 2, 3] }), x);
  x = activation(x, 'softplus');
  x = apply(tf.layers.globalMaxPooling2d({ name: 'global_max' }), x);
  x = apply(tf.layers.dense({ name: 'logits', units: 4 }), x);
  return randomized(tf.model({ inputs: input, outputs: x, name: 'assortment' }));
}

/** Seeded weights that keep the size of the features: He et al. 2015, and statistics near 0 and 1. */
export function randomized(model: tf.LayersModel): tf.LayersModel {
  for (const layer of model.layers) {
    for (const weight of layer.weights) {
      const random = Random.keyed(7, weight.originalName);
      const shape = weight.shape.map((size) => size ?? 0);
      const [height = 1, width = 1, inputs = 1] = shape;
      const depthwise = weight.originalName.includes('depthwise');
      const fanIn = depthwise ? height * width : sizeOf(shape.slice(0, -1)) || inputs;
      const draw = (): number => {
        if (shape.length > 1) return Math.sqrt(2 / fanIn) * random.normal();
        if (/gamma|variance/.test(weight.originalName)) return 0.7 + 0.6 * random.uniform();
        return 0.1 * random.normal();
      };
      const values = Float32Array.from({ length: sizeOf(shape) }, draw);
      tf.tidy(() => {
        weight.write(tf.tensor(values, shape));
      });
    }
  }
  return model;
}
