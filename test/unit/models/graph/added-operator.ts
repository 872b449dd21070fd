import * as tf from '@tensorflow/tfjs';
import { operators } from '../../../../src/core/models/graph/operator';

export const gateOps = operators('differentiable', {
  Swish: (call) => tf.mul(call.plain(0), tf.sigmoid(call.plain(0))),
});
