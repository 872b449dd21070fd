import * as tf from '@tensorflow/tfjs';
import { batchNormInference } from '../../../../engine/ops/batch-norm';
import type { NodeCall } from '../../node-call';
import { isInTrainingMode } from './training-mode';
import { imageValue, TensorValue } from '../../value';
import { operators } from '../../operator';

export const normalizationOps = operators('differentiable', {
  BatchNormalization: batchNormalization,
  InstanceNormalization: instanceNormalization,
  GroupNormalization: groupNormalization,
  LayerNormalization: layerNormalization,
  LRN: localResponseNormalization,
});

/**
 * With the recorded statistics, as in inference. In training mode, which is let through for weights only (networks that
 * standardise their filters are exported like that), with those of its input.
 */
function batchNormalization(call: NodeCall): TensorValue {
  const value = call.value(0);
  if (value.rank < 2) throw call.damaged(`it is given data of ${value.rank} dimensions`);
  const channels = value.shape[1] ?? 0;
  const [gamma, beta, ...recorded] = [1, 2, 3, 4].map((index) => perChannel(call, index, channels));
  const [mean, variance] = isInTrainingMode(call.node, call.opset) ? ownStatistics(value) : recorded;
  if (!gamma || !beta || !mean || !variance) throw call.damaged('it needs five inputs');
  const epsilon = call.scalar('epsilon', 1e-5);
  return withChannelsLast(value, (x) =>
    batchNormInference(x, gamma, beta, mean, variance, { epsilon, relu: false }),
  );
}

/** What a function that wants channels last makes of a value that has them second. */
export function withChannelsLast(value: TensorValue, normalize: (x: tf.Tensor) => tf.Tensor): TensorValue {
  if (value.rank === 4) return imageValue(normalize(value.image()));
  if (value.rank === 2) return new TensorValue(normalize(value.plain()));
  const x = value.plain();
  const toLast = [0, ...x.shape.slice(2).map((_, i) => i + 2), 1];
  const back = [0, x.rank - 1, ...x.shape.slice(2).map((_, i) => i + 1)];
  return new TensorValue(tf.transpose(normalize(tf.transpose(x, toLast)), back));
}

/** Mean and variance of each channel, as in training. */
function ownStatistics(value: TensorValue): [tf.Tensor, tf.Tensor] {
  const x = value.plain();
  const { mean, variance } = tf.moments(
    x,
    x.shape.flatMap((_, axis) => (axis === 1 ? [] : [axis])),
  );
  return [mean, variance];
}

export function perChannel(call: NodeCall, index: number, channels: number): tf.Tensor {
  const vector = call.plain(index);
  if (vector.rank === 1 && vector.size === channels) return vector;
  throw call.damaged(
    `its input ${index} has the shape [${vector.shape.join(', ')}], for ${channels} channels`,
  );
}

/** Of each image and channel. */
function instanceNormalization(call: NodeCall): TensorValue {
  if (call.value(0).rank !== 4) return plainInstanceNormalization(call);
  const x = call.image(0);
  const { mean, variance } = tf.moments(x, [1, 2], true);
  const channels = x.shape[3];
  const y = standardized(x, mean, variance, call.scalar('epsilon', 1e-5));
  return imageValue(tf.add(tf.mul(y, perChannel(call, 1, channels)), perChannel(call, 2, channels)));
}

/** Of data that are no images: torch's exporter makes a group normalisation of one over [N, groups, the rest]. */
function plainInstanceNormalization(call: NodeCall): TensorValue {
  const x = call.plain(0);
  const [, channels = 0, ...rest] = x.shape;
  if (rest.length === 0) throw call.damaged(`its input has ${x.rank} dimensions`);
  const { mean, variance } = tf.moments(
    x,
    rest.map((_, axis) => axis + 2),
    true,
  );
  const y = standardized(x, mean, variance, call.scalar('epsilon', 1e-5));
  const affine = (index: number): tf.Tensor =>
    tf.reshape(perChannel(call, index, channels), [1, channels, ...rest.map(() => 1)]);
  return new TensorValue(tf.add(tf.mul(y, affine(1)), affine(2)));
}

/** Of each image and group of channels; scale and bias are per group before opset 21, per channel since. */
function groupNormalization(call: NodeCall): TensorValue {
  const x = call.plain(0);
  const groups = call.integer('num_groups', 0);
  const [batch = 0, channels = 0] = x.shape;
  if (x.rank < 2 || groups < 1 || channels % groups !== 0) {
    throw call.damaged(`${groups} groups of ${channels} channels`);
  }
  const grouped = tf.reshape(x, [batch, groups, x.size / (batch * groups)]);
  const { mean, variance } = tf.moments(grouped, 2, true);
  const y = standardized(grouped, mean, variance, call.scalar('epsilon', 1e-5));
  const rest = x.shape.slice(2);
  const ones = rest.map(() => 1);
  const affine = (index: number): tf.Tensor => {
    const count = call.opset < 21 ? groups : channels;
    const vector = tf.reshape(perChannel(call, index, count), [count, 1]);
    return tf.reshape(tf.tile(vector, [1, channels / count]), [1, channels, ...ones]);
  };
  return new TensorValue(tf.add(tf.mul(tf.reshape(y, x.shape), affine(1)), affine(2)));
}

/** Over all axes from `axis` on. */
function layerNormalization(call: NodeCall): TensorValue {
  if (call.node.outputs[1] || call.node.outputs[2]) throw call.unsupported('with its statistics as outputs');
  const x = call.plain(0);
  const first = call.axis(call.integer('axis', -1), x.rank);
  const axes = x.shape.flatMap((_, axis) => (axis < first ? [] : [axis]));
  const { mean, variance } = tf.moments(x, axes, true);
  const y = tf.mul(standardized(x, mean, variance, call.scalar('epsilon', 1e-5)), call.plain(1));
  return new TensorValue(call.has(2) ? tf.add(y, call.plain(2)) : y);
}

function standardized(x: tf.Tensor, mean: tf.Tensor, variance: tf.Tensor, epsilon: number): tf.Tensor {
  return tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, epsilon)));
}

/** ONNX divides alpha by the size of the window, TF.js does not. */
function localResponseNormalization(call: NodeCall): TensorValue {
  const size = call.integer('size', 0);
  if (size < 1 || size % 2 === 0) throw call.unsupported(`over ${size} channels`);
  const alpha = call.scalar('alpha', 1e-4) / size;
  return imageValue(
    tf.localResponseNormalization(
      call.image(0),
      (size - 1) / 2,
      call.scalar('bias', 1),
      alpha,
      call.scalar('beta', 0.75),
    ),
  );
}
