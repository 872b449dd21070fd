import * as tf from '@tensorflow/tfjs';
import { batchNormInference } from '../../../../engine/ops/batch-norm';
import type { NodeCall } from '../../node-call';
import { operators } from '../../operator';
import { integer, rank4, tensors } from './arguments';
import { inChannelsLast } from './windows';

export const normalizationOps = operators('differentiable', {
  FusedBatchNorm: batchNorm,
  FusedBatchNormV2: batchNorm,
  FusedBatchNormV3: batchNorm,
  LRN: (call) =>
    tf.localResponseNormalization(
      rank4(call, call.plain(0)),
      integer(call, 'depth_radius', 5, 0, 1024),
      call.scalar('bias', 1),
      call.scalar('alpha', 1),
      call.scalar('beta', 0.5),
    ),
});

function batchNorm(call: NodeCall): tf.Tensor {
  if (call.flag('is_training', true)) {
    throw call.unsupported('in training mode', {
      hint: 'Export the network for inference: called with training=False, or after `model.eval()`.',
    });
  }
  const [scale, offset, mean, variance] = tensors(call, 1, 5);
  if (!scale || !offset || !mean || !variance) throw call.damaged('it has not 5 inputs');
  const epsilon = call.scalar('epsilon', 1e-4);
  return inChannelsLast(call, call.plain(0), (x) =>
    batchNormInference(x, scale, offset, mean, variance, { epsilon, relu: false }),
  );
}
