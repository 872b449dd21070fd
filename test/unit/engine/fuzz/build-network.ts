import * as tf from '@tensorflow/tfjs';
import { batchNormInference, batchNormTrain } from '../../../../src/core/engine/ops/batch-norm';
import { TRACE_BACKEND } from '../../../../src/core/engine/tracing/trace-backend';
import { image } from '../kernel-cases/operands';
import type { Kinks } from './kinks';
import type { Activation, Layer, NetworkSpec } from './network-spec';

/** Hands out the weights of a network in the order in which its layers ask for them; statistics get no gradient. */
export type Weights = (
  shape: readonly number[],
  role: 'kernel' | 'bias' | 'scale' | 'mean' | 'variance',
) => tf.Tensor;

export interface Building {
  readonly weights: Weights;
  /** Where the gradient jumps, on a backend that has values. */
  readonly kinks: Kinks | undefined;
  /** The statistics of a batch norm, to be recorded. */
  readonly record: (mean: tf.Tensor, variance: tf.Tensor) => void;
}

const epsilon = 1e-3;

function activate(x: tf.Tensor, name: Activation, { kinks, weights }: Building): tf.Tensor {
  switch (name) {
    case 'relu':
      kinks?.at(x);
      return x.relu();
    case 'relu6':
      kinks?.at(x.mul(4), [0, 6]);
      return x.mul(4).relu6();
    case 'leakyRelu':
      kinks?.at(x);
      return x.leakyRelu(0.1);
    case 'prelu': {
      kinks?.at(x);
      // TF.js's gradient does not undo broadcasting.
      const slope = weights([x.shape.at(-1) ?? 1], 'bias');
      return x.relu().sub(x.neg().relu().mul(slope));
    }
    case 'elu':
      return x.elu();
    case 'selu':
      kinks?.at(x);
      return x.selu();
    case 'sigmoid':
      return x.sigmoid();
    case 'tanh':
      return x.tanh();
    case 'softplus':
      return x.softplus();
    case 'swish':
      return x.mul(x.sigmoid());
    case 'gelu':
      return x.mul(x.mul(Math.SQRT1_2).erf().add(1)).mul(0.5);
    case 'hardSigmoid':
      kinks?.at(x.mul(0.2).add(0.5), [0, 1]);
      return x.mul(0.2).add(0.5).clipByValue(0, 1);
  }
}

/** TF.js's `cpu` gradient of average pools is wrong where a window overlaps the padding. */
function averagePool(
  x: tf.Tensor4D,
  kernel: [number, number],
  strides: [number, number],
  pad: 'same' | 'valid',
): tf.Tensor {
  if (tf.getBackend() === TRACE_BACKEND) return tf.avgPool(x, kernel, strides, pad);
  const ones = tf.ones<tf.Rank.R4>([...kernel, x.shape[3], 1]);
  const sums = (y: tf.Tensor4D): tf.Tensor => tf.depthwiseConv2d(y, ones, strides, pad);
  return sums(x).div(sums(tf.onesLike(x)));
}

/** TF.js's `cpu` gradient of the nearest neighbour is wrong for batches. */
function nearest(x: tf.Tensor4D): tf.Tensor {
  const [n, h, w, c] = x.shape;
  if (tf.getBackend() === TRACE_BACKEND) return tf.image.resizeNearestNeighbor(x, [2 * h, 2 * w]);
  const rows = tf.stack([x, x], 2).reshape([n, 2 * h, w, c]);
  return tf.stack([rows, rows], 3).reshape([n, 2 * h, 2 * w, c]);
}

/** TF.js's `cpu` gradient of a bilinear resize exchanges height and width. */
function bilinear(x: tf.Tensor4D): tf.Tensor {
  const [n, h, w, c] = x.shape;
  if (tf.getBackend() === TRACE_BACKEND) return tf.image.resizeBilinear(x, [2 * h, 2 * w]);
  const between = (y: tf.Tensor4D, axis: 1 | 2, size: number): tf.Tensor => {
    // TF.js's gradient of a split into one part fails.
    const parts = size > 1 ? tf.split(y, size, axis) : [];
    const following = size > 1 ? tf.concat([...parts.slice(1), ...parts.slice(-1)], axis) : y;
    return tf.stack([y, y.add(following).mul(0.5)], axis + 1);
  };
  const rows = between(x, 1, h).reshape<tf.Tensor4D>([n, 2 * h, w, c]);
  return between(rows, 2, w).reshape([n, 2 * h, 2 * w, c]);
}

function batchNorm(
  x: tf.Tensor,
  mode: 'train' | 'eval' | 'composed',
  relu: boolean,
  building: Building,
): tf.Tensor {
  const { weights, kinks, record } = building;
  const c = x.shape.at(-1) ?? 1;
  const [gamma, beta] = [weights([c], 'scale'), weights([c], 'bias')];
  const [mean, variance] = [weights([c], 'mean'), weights([c], 'variance')];
  if (mode === 'composed') {
    const y = tf.batchNorm(image(x), mean.as1D(), variance.as1D(), beta.as1D(), gamma.as1D(), epsilon);
    return relu ? activate(y, 'relu', building) : y;
  }
  if (kinks && relu) {
    const options = { epsilon, relu: false };
    kinks.at(
      mode === 'train'
        ? batchNormTrain(x, gamma, beta, options).y
        : batchNormInference(x, gamma, beta, mean, variance, options),
    );
  }
  if (mode === 'eval') return batchNormInference(x, gamma, beta, mean, variance, { epsilon, relu });
  kinks?.deviation(x);
  const result = batchNormTrain(x, gamma, beta, { epsilon, relu });
  record(result.mean, result.variance);
  return result.y;
}

function apply(x: tf.Tensor4D, layer: Layer, building: Building): tf.Tensor {
  const { weights, kinks } = building;
  const [n, h, w, c] = x.shape;
  const kernel = (kh: number, kw: number, inputs: number, outputs: number): tf.Tensor4D =>
    image(weights([kh, kw, inputs, outputs], 'kernel'));
  switch (layer.kind) {
    case 'conv': {
      const y = tf.conv2d(x, kernel(...layer.kernel, c, layer.outputs), [...layer.strides], layer.pad);
      return layer.bias ? y.add(weights([layer.outputs], 'bias')) : y;
    }
    case 'fusedConv': {
      const bias = weights([layer.outputs], 'bias');
      const options = {
        x,
        filter: kernel(...layer.kernel, c, layer.outputs),
        strides: [...layer.strides] as [number, number],
        pad: layer.pad,
        bias,
      };
      if (kinks && layer.bias) kinks.at(tf.fused.conv2d(options));
      return tf.fused.conv2d({ ...options, activation: layer.bias ? 'relu' : 'linear' });
    }
    case 'depthwise':
      return tf.depthwiseConv2d(
        x,
        kernel(...layer.kernel, c, layer.multiplier),
        [...layer.strides],
        layer.pad,
      );
    case 'separable':
      return tf.separableConv2d(x, kernel(...layer.kernel, c, 1), kernel(1, 1, c, layer.outputs), 1, 'same');
    case 'transposedConv': {
      const { size, stride, outputs } = layer;
      return tf.conv2dTranspose(
        x,
        kernel(size, size, outputs, c),
        [n, h * stride, w * stride, outputs],
        stride,
        'same',
      );
    }
    case 'batchNorm':
      return batchNorm(x, layer.mode, layer.relu, building);
    case 'activation':
      return activate(x, layer.name, building);
    case 'maxPool':
      kinks?.maxima(x, layer.kernel, layer.strides, layer.pad);
      return tf.maxPool(x, [...layer.kernel], [...layer.strides], layer.pad);
    case 'averagePool':
      return averagePool(x, [...layer.kernel], [...layer.strides], layer.pad);
    case 'pad': {
      const [rows, columns] = layer.paddings;
      return tf.pad(x, [[0, 0], [...rows], [...columns], [0, 0]]);
    }
    case 'upsample':
      return layer.method === 'nearest' ? nearest(x) : bilinear(x);
    case 'crop':
      return h > 1 ? tf.slice(x, [0, 1, 0, 0], [n, h - 1, w, c]) : x;
    case 'residual': {
      const { stride, outputs, preactivation } = layer;
      const start = preactivation ? image(activate(x, 'relu', building)) : x;
      const first = tf.conv2d(start, kernel(3, 3, c, outputs), stride, 'same');
      const middle = image(batchNorm(first, 'train', true, building));
      const last = tf.conv2d(middle, kernel(3, 3, outputs, outputs), 1, 'same');
      const second = preactivation ? last : last.add(weights([outputs], 'bias'));
      const shortcut =
        stride === 1 && outputs === c ? x : tf.conv2d(start, kernel(1, 1, c, outputs), stride, 'same');
      return preactivation ? second.add(shortcut) : activate(second.add(shortcut), 'relu', building);
    }
    case 'dense block':
      return tf.concat([x, tf.conv2d(x, kernel(3, 3, c, layer.growth), 1, 'same')], 3);
    case 'squeeze and excite': {
      const gate = tf.matMul(x.mean<tf.Tensor2D>([1, 2]), weights([c, c], 'kernel').as2D(c, c)).sigmoid();
      return x.mul(gate.reshape([n, 1, 1, c]));
    }
  }
}

/** The logits [N, classes] of the network for the images `x`. */
export function logitsOf(spec: NetworkSpec, x: tf.Tensor, building: Building): tf.Tensor2D {
  const { weights, kinks } = building;
  let y = image(x);
  for (const layer of spec.layers) y = image(apply(y, layer, building));
  const [n, h, w] = y.shape;
  const largest = (): tf.Tensor => {
    kinks?.maxima(y, [h, w], [1, 1], 'valid');
    return y.max([1, 2]);
  };
  const features = {
    flatten: () => y.reshape([n, -1]),
    mean: () => y.mean([1, 2]),
    max: largest,
    'mean and max': () => tf.concat([y.mean([1, 2]), largest()], 1),
  };
  let flat = features[spec.head]().as2D(
    n,
    spec.head === 'flatten' ? y.size / n : (spec.head === 'mean and max' ? 2 : 1) * y.shape[3],
  );
  if (spec.hidden !== undefined) {
    const sums = tf.matMul(
      flat,
      weights([flat.shape[1], spec.hidden], 'kernel').as2D(flat.shape[1], spec.hidden),
    );
    flat = activate(sums.add(weights([spec.hidden], 'bias')), 'relu', building).as2D(n, spec.hidden);
  }
  const dense = weights([flat.shape[1], spec.classes], 'kernel').as2D(flat.shape[1], spec.classes);
  return tf.matMul(flat, dense).add(weights([spec.classes], 'bias'));
}

/** The loss, a scalar; `labels` is one-hot [N, classes]. */
export function lossOf(
  spec: NetworkSpec,
  labels: tf.Tensor,
  logits: tf.Tensor,
  kinks: Kinks | undefined,
): tf.Tensor {
  switch (spec.loss) {
    case 'cross-entropy':
      return tf.losses.softmaxCrossEntropy(labels, logits);
    case 'smoothed cross-entropy':
      return logits
        .logSoftmax()
        .mul(labels.mul(0.9).add(0.1 / spec.classes))
        .sum(-1)
        .mean()
        .neg();
    case 'squares':
      return tf.losses.meanSquaredError(labels, logits);
    case 'margin': {
      // The other class with the largest logit: Carlini and Wagner's loss.
      const rest = logits.sub(labels.mul(1e3));
      kinks?.maxima(
        image(rest.reshape([1, rest.shape[0], rest.shape[1] ?? 1, 1])),
        [1, rest.shape[1] ?? 1],
        [1, 1],
        'valid',
      );
      return rest.max(1).sub(logits.mul(labels).sum(1)).mean();
    }
  }
}
