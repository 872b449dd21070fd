import * as tf from '@tensorflow/tfjs';
import { batchNormInference } from '../../../engine/ops/batch-norm';
import type { OpCall, OpTable } from '../op-call';
import { inChannelsLast, paddingOf, spatial } from './windows';

export const convolutionOps: OpTable = {
  Conv2D: { run: (call) => inChannelsLast(call, call.tensor(0), (x) => conv(call, x)) },
  DepthwiseConv2dNative: { run: (call) => inChannelsLast(call, call.tensor(0), (x) => depthwise(call, x)) },
  _FusedConv2D: { run: (call) => inChannelsLast(call, call.tensor(0), (x) => fused(call, conv(call, x))) },
  FusedDepthwiseConv2dNative: {
    run: (call) => inChannelsLast(call, call.tensor(0), (x) => fused(call, depthwise(call, x))),
  },
  MatMul: { run: matMul },
  BatchMatMul: { run: batchMatMul },
  BatchMatMulV2: { run: batchMatMul },
  _FusedMatMul: { run: (call) => fused(call, matMul(call)) },
  BiasAdd: {
    run: (call) => {
      const [x, bias] = [call.tensor(0), call.tensor(1)];
      return x.rank === 4 ? inChannelsLast(call, x, (images) => tf.add(images, bias)) : tf.add(x, bias);
    },
  },
};

function conv(call: OpCall, x: tf.Tensor4D): tf.Tensor {
  const filter = call.image(1);
  const [, , , channels] = x.shape;
  const [, , inputs, outputs] = filter.shape;
  const strides = spatial(call, 'strides');
  const dilations = spatial(call, 'dilations', 1);
  const padding = paddingOf(call);
  const run = (part: tf.Tensor, taps: tf.Tensor): tf.Tensor =>
    tf.conv2d(call.rank4(part), call.rank4(taps), strides, padding, 'NHWC', dilations);
  if (channels === inputs) return run(x, filter);
  // A filter over fewer channels than the input has means groups.
  const groups = channels / inputs;
  if (!Number.isInteger(groups) || outputs % groups !== 0 || groups > 4096) {
    throw call.wrong(`the filter [${filter.shape.join(', ')}] does not fit ${channels} channels`);
  }
  const filters = tf.split<tf.Tensor>(filter, groups, 3);
  return tf.concat(
    tf.split<tf.Tensor>(x, groups, 3).map((part, i) => run(part, filters[i] ?? filter)),
    3,
  );
}

function depthwise(call: OpCall, x: tf.Tensor4D): tf.Tensor {
  const filter = call.image(1);
  const strides = spatial(call, 'strides');
  return tf.depthwiseConv2d(x, filter, strides, paddingOf(call), 'NHWC', spatial(call, 'dilations', 1));
}

function matMul(call: OpCall): tf.Tensor {
  const { attributes } = call;
  return tf.matMul(
    call.tensor(0),
    call.tensor(1),
    attributes.bool('transpose_a'),
    attributes.bool('transpose_b'),
  );
}

function batchMatMul(call: OpCall): tf.Tensor {
  const { attributes } = call;
  return tf.matMul(call.tensor(0), call.tensor(1), attributes.bool('adj_x'), attributes.bool('adj_y'));
}

/** What TensorFlow's optimiser moved into a convolution or product, as ops of their own: the compiler fuses them. */
function fused(call: OpCall, y: tf.Tensor): tf.Tensor {
  let next = 2;
  return call.attributes.texts('fused_ops').reduce((value, op) => {
    switch (op.toLowerCase()) {
      case 'biasadd':
        return tf.add(value, call.tensor(next++));
      case 'fusedbatchnorm': {
        const [scale, offset, mean, variance] = call.tensors(next, next + 4);
        next += 4;
        if (!scale || !offset || !mean || !variance) throw call.wrong('it has not 4 statistics');
        const epsilon = call.attributes.float('epsilon', 1e-4);
        return batchNormInference(value, scale, offset, mean, variance, { epsilon, relu: false });
      }
      case 'relu':
        return tf.relu(value);
      case 'relu6':
        return tf.relu6(value);
      case 'elu':
        return tf.elu(value);
      case 'leakyrelu':
        return tf.leakyRelu(value, call.attributes.float('leakyrelu_alpha', 0.2));
      case 'prelu':
        return tf.prelu(value, call.tensor(next++));
      case 'sigmoid':
        return tf.sigmoid(value);
      case 'tanh':
        return tf.tanh(value);
      default:
        throw call.unsupported(`the fused op ${op}`);
    }
  }, y);
}
