import * as tf from '@tensorflow/tfjs';
import { onCpu } from '../../engine/tracing/host-storage';
import { maxHostElements, type HostArray } from './graph';
import type { NodeCall } from './node-call';
import type { Evaluate, Operator } from './operator';
import { isTensorValue, TensorValue, type GraphValue } from './value';

/** Whether a node's result can be computed ahead: sizes and the like, not large weights. */
export function isKnown(
  { readsShapes, readsTypes, isRandom }: Operator,
  { node, inputs }: NodeCall,
): boolean {
  if (readsShapes) return true;
  if (isRandom?.(node)) return false;
  return inputs.every(
    (value, index) =>
      value === undefined ||
      (readsTypes?.includes(index) ?? false) ||
      (!isTensorValue(value) && value.data.length <= maxHostElements),
  );
}

/** Computes on TF.js's own backend right away, also while a program is being traced. */
export function computeKnown(evaluate: Evaluate, call: NodeCall): readonly HostArray[] {
  return onCpu(() => {
    let results: readonly HostArray[] = [];
    tf.tidy(() => {
      results = resultsOf(evaluate, call).map((value) => (isTensorValue(value) ? hostArray(value) : value));
    });
    return results;
  });
}

/** The results of a node, as a list of values. */
export function resultsOf(evaluate: Evaluate, call: NodeCall): readonly GraphValue[] {
  const result = evaluate(call);
  return [result].flat().map((value) => (value instanceof tf.Tensor ? new TensorValue(value) : value));
}

function hostArray(value: TensorValue): HostArray {
  const tensor = value.plain();
  const data = tensor.dataSync();
  const { shape } = tensor;
  if (tensor.dtype === 'float32') return { dtype: 'float', shape, data: Float32Array.from(data) };
  return { dtype: tensor.dtype === 'bool' ? 'bool' : 'int', shape, data: Float64Array.from(data) };
}
