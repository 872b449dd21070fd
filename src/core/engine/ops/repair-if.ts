import * as tf from '@tensorflow/tfjs';
import { TRACE_BACKEND, traceBackend } from '../tracing/trace-backend';
import { repeat } from './repeat';

/**
 * `repair` of a tensor where `needed`, a bool scalar, is true; the tensor as it is where it is false. On a CPU that is
 * a branch: a repair that is seldom needed costs nothing else. A GPU would have to wait for the condition, so there the
 * repair is always computed: it must leave a tensor that needs none as it is.
 */
export function repairIf(
  needed: tf.Tensor,
  tensor: tf.Tensor,
  repair: (tensor: tf.Tensor) => tf.Tensor,
): tf.Tensor {
  const onGpu = tf.getBackend() === TRACE_BACKEND && traceBackend().trace.target.provider !== undefined;
  if (onGpu) return repair(tensor);
  const [result = tensor] = repeat(tf.cast(needed, 'int32'), [tensor], ([before = tensor]) => [
    repair(before),
  ]);
  return result;
}
