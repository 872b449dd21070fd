import * as tf from '@tensorflow/tfjs';
import { sizeOf } from '../arrays/nd-array';
import { gradient, saved } from './gradient';

/** Gradients that TF.js lacks: each goes back to the elements that were selected. */
export function registerSelectionGradients(): void {
  gradient<tf.TopKAttrs>('TopK', {
    inputs: ['x'],
    outputs: [false, true],
    of: (dy, tensors) => {
      const size = saved(tensors, 0).shape.at(-1) ?? 1;
      const hot = (): tf.Tensor => tf.oneHot(tf.cast(saved(tensors, 1), 'int32'), size, 1, 0, 'float32');
      return [() => tf.sum(tf.mul(hot(), tf.expandDims(dy, -1)), -2)];
    },
  });
  gradient('GatherNd', {
    inputs: ['params', 'indices'],
    of: (dy, tensors) => [
      () => tf.scatterND(saved(tensors, 1), dy, saved(tensors, 0).shape),
      () => tf.zeros(saved(tensors, 1).shape),
    ],
  });
  // TF.js returns the indices themselves as their gradient, and fails where they depend on what is differentiated.
  const withoutBatches = tf.getGradient('GatherV2');
  gradient<tf.GatherV2Attrs>('GatherV2', {
    inputs: ['x', 'indices'],
    of: (dy, tensors, attributes) => {
      const [x, indices] = [saved(tensors, 0), saved(tensors, 1)];
      const { axis, batchDims } = attributes;
      const flat = (): tf.Tensor => tf.zeros(indices.shape);
      if (batchDims !== 0) return [() => batchGatherGradient(dy, x, indices, axis, batchDims), flat];
      const { x: ofX } = withoutBatches.gradFunc(dy, [...tensors], { ...attributes });
      if (!ofX) throw new TypeError('TF.js has a gradient for a gather.');
      return [ofX, flat];
    },
  });
}

function batchGatherGradient(
  dy: tf.Tensor,
  { shape }: tf.Tensor,
  indices: tf.Tensor,
  axis: number,
  batchDims: number,
): tf.Tensor {
  const rank = axis < 0 ? axis + shape.length : axis;
  const batchRank = batchDims < 0 ? batchDims + indices.rank : batchDims;
  const size = shape[rank] ?? 1;
  const batches = sizeOf(shape.slice(0, batchRank));
  const before = sizeOf(shape.slice(batchRank, rank));
  const after = sizeOf(shape.slice(rank + 1));
  const count = sizeOf(indices.shape.slice(batchRank));
  const first = Int32Array.from({ length: batches }, (_, i) => i * size);
  const rows = tf.add(tf.reshape(indices, [batches, count]), tf.tensor(first, [batches, 1], 'int32'));
  const split = tf.transpose(tf.reshape(dy, [batches, before, count, after]), [0, 2, 1, 3]);
  const sums = tf.scatterND(
    tf.reshape(rows, [batches * count, 1]),
    tf.reshape(split, [batches * count, before * after]),
    [batches * size, before * after],
  );
  return tf.reshape(tf.transpose(tf.reshape(sums, [batches, size, before, after]), [0, 2, 1, 3]), shape);
}
