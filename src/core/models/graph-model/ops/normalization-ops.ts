import * as tf from '@tensorflow/tfjs';
import { batchNormInference } from '../../../engine/ops/batch-norm';
import type { OpCall, OpTable } from '../op-call';
import { inChannelsLast } from './windows';

export const normalizationOps: OpTable = {
  FusedBatchNorm: { run: batchNorm },
  FusedBatchNormV2: { run: batchNorm },
  FusedBatchNormV3: { run: batchNorm },
  LRN: {
    run: (call) => {
      const { attributes } = call;
      return tf.localResponseNormalization(
        call.image(),
        call.checked([attributes.integer('depth_radius', 5)], 0, 1024)[0],
        attributes.float('bias', 1),
        attributes.float('alpha', 1),
        attributes.float('beta', 0.5),
      );
    },
  },
  Softmax: { run: (call) => tf.softmax(call.tensor(0)) },
  LogSoftmax: { run: (call) => tf.logSoftmax(call.tensor(0)) },
};

function batchNorm(call: OpCall): tf.Tensor {
  const { attributes } = call;
  if (attributes.bool('is_training', true)) {
    throw call.unsupported(
      'batch normalization in training mode',
      'Export the network for inference: called with training=False, or after `model.eval()`.',
    );
  }
  const [scale, offset, mean, variance] = call.tensors(1, 5);
  if (!scale || !offset || !mean || !variance) throw call.wrong('it has not 5 inputs');
  const epsilon = attributes.float('epsilon', 1e-4);
  return inChannelsLast(call, call.tensor(0), (x) =>
    batchNormInference(x, scale, offset, mean, variance, { epsilon, relu: false }),
  );
}
