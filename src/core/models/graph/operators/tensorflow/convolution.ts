import * as tf from '@tensorflow/tfjs';
import { batchNormInference } from '../../../../engine/ops/batch-norm';
import type { NodeCall } from '../../node-call';
import { operators } from '../../operator';
import { rank4, tensors } from './arguments';
import { inChannelsLast, paddingOf, spatial } from './windows';

export const convolutionOps = operators('differentiable', {
  Conv2D: (call) => inChannelsLast(call, call.plain(0), (x) => conv(call, x)),
  DepthwiseConv2dNative: (call) => inChannelsLast(call, call.plain(0), (x) => depthwise(call, x)),
  _FusedConv2D: (call) => inChannelsLast(call, call.plain(0), (x) => fused(call, conv(call, x))),
  FusedDepthwiseConv2dNative: (call) =>
    inChannelsLast(call, call.plain(0), (x) => fused(call, depthwise(call, x))),
  MatMul: matMul,
  BatchMatMul: batchMatMul,
  BatchMatMulV2: batchMatMul,
  _FusedMatMul: (call) => fused(call, matMul(call)),
  BiasAdd: (call) => {
    const [x, bias] = [call.plain(0), call.plain(1)];
    return x.rank === 4 ? inChannelsLast(call, x, (images) => tf.add(images, bias)) : tf.add(x, bias);
  },
});

function conv(call: NodeCall, x: tf.Tensor4D): tf.Tensor {
  const filter = rank4(call, call.plain(1));
  const [, , , channels] = x.shape;
  const [, , inputs, outputs] = filter.shape;
  const strides = spatial(call, 'strides');
  const dilations = spatial(call, 'dilations', 1);
  const padding = paddingOf(call);
  const run = (part: tf.Tensor, taps: tf.Tensor): tf.Tensor =>
    tf.conv2d(rank4(call, part), rank4(call, taps), strides, padding, 'NHWC', dilations);
  if (channels === inputs) return run(x, filter);
  // A filter over fewer channels than the input has means groups.
  const groups = channels / inputs;
  if (!Number.isInteger(groups) || outputs % groups !== 0 || groups > 4096) {
    throw call.damaged(`the filter [${filter.shape.join(', ')}] does not fit ${channels} channels`);
  }
  const filters = tf.split<tf.Tensor>(filter, groups, 3);
  return tf.concat(
    tf.split<tf.Tensor>(x, groups, 3).map((part, i) => run(part, filters[i] ?? filter)),
    3,
  );
}

function depthwise(call: NodeCall, x: tf.Tensor4D): tf.Tensor {
  const filter = rank4(call, call.plain(1));
  const strides = spatial(call, 'strides');
  return tf.depthwiseConv2d(x, filter, strides, paddingOf(call), 'NHWC', spatial(call, 'dilations', 1));
}

function matMul(call: NodeCall): tf.Tensor {
  return tf.matMul(call.plain(0), call.plain(1), call.flag('transpose_a'), call.flag('transpose_b'));
}

function batchMatMul(call: NodeCall): tf.Tensor {
  return tf.matMul(call.plain(0), call.plain(1), call.flag('adj_x'), call.flag('adj_y'));
}

/** What TensorFlow's optimiser moved into a convolution or product, as ops of their own: the compiler fuses them. */
function fused(call: NodeCall, y: tf.Tensor): tf.Tensor {
  let next = 2;
  return call.texts('fused_ops').reduce((value, op) => {
    switch (op.toLowerCase()) {
      case 'biasadd':
        return tf.add(value, call.plain(next++));
      case 'fusedbatchnorm': {
        const [scale, offset, mean, variance] = tensors(call, next, next + 4);
        next += 4;
        if (!scale || !offset || !mean || !variance) throw call.damaged('it has not 4 statistics');
        const epsilon = call.scalar('epsilon', 1e-4);
        return batchNormInference(value, scale, offset, mean, variance, { epsilon, relu: false });
      }
      case 'relu':
        return tf.relu(value);
      case 'relu6':
        return tf.relu6(value);
      case 'elu':
        return tf.elu(value);
      case 'leakyrelu':
        return tf.leakyRelu(value, call.scalar('leakyrelu_alpha', 0.2));
      case 'prelu':
        return tf.prelu(value, call.plain(next++));
      case 'sigmoid':
        return tf.sigmoid(value);
      case 'tanh':
        return tf.tanh(value);
      default:
        throw call.unsupported(`with the fused op ${op}`);
    }
  }, y);
}
