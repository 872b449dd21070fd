import * as tf from '@tensorflow/tfjs';
import type { NodeCall } from '../../node-call';
import { TensorValue } from '../../value';
import { operators } from '../../operator';

export const matrixOps = operators('differentiable', { Gemm: gemm, MatMul: matMul });

/** alpha A B + beta C. */
function gemm(call: NodeCall): TensorValue {
  const [a, b] = [call.plain(0), call.plain(1)];
  const [transA, transB] = [call.integer('transA', 0) !== 0, call.integer('transB', 0) !== 0];
  const [rows = 0, inner = 0] = transA ? a.shape.toReversed() : a.shape;
  const [depth = 0, columns = 0] = transB ? b.shape.toReversed() : b.shape;
  if (a.rank !== 2 || b.rank !== 2 || inner !== depth) {
    throw call.damaged(`matrices [${a.shape.join(', ')}] and [${b.shape.join(', ')}] do not fit`);
  }
  call.reserve([rows, columns]);
  const alpha = call.scalar('alpha', 1);
  const beta = call.scalar('beta', 1);
  const product = tf.matMul(a, b, transA, transB);
  const scaled = alpha === 1 ? product : tf.mul(product, alpha);
  if (!call.has(2) || beta === 0) return new TensorValue(scaled);
  const c = call.plain(2);
  return new TensorValue(tf.add(scaled, beta === 1 ? c : tf.mul(c, beta)));
}

/** As numpy.matmul: vectors and stacks of matrices as well. */
function matMul(call: NodeCall): TensorValue {
  let [a, b] = [call.plain(0), call.plain(1)];
  if (a.rank === 0 || b.rank === 0) throw call.damaged('it is given a scalar');
  const [isRow, isColumn] = [a.rank === 1, b.rank === 1];
  if (isRow) a = tf.expandDims(a, 0);
  if (isColumn) b = tf.expandDims(b, 1);
  const depth = a.shape.at(-1) ?? 0;
  if (depth !== b.shape.at(-2)) {
    throw call.damaged(`matrices [${a.shape.join(', ')}] and [${b.shape.join(', ')}] do not fit`);
  }
  const outer = Math.max(a.rank, b.rank) - 2;
  const stack = Array.from({ length: outer }, (_, i) =>
    Math.max(a.shape[i - outer + a.rank - 2] ?? 1, b.shape[i - outer + b.rank - 2] ?? 1),
  );
  call.reserve([...stack, a.shape.at(-2) ?? 0, b.shape.at(-1) ?? 0]);
  let y: tf.Tensor;
  if (b.rank === 2 && a.rank > 2) {
    // One product of matrices instead of a stack of small ones.
    const rows = tf.reshape(a, [a.size / Math.max(1, depth), depth]);
    y = tf.reshape(tf.matMul(rows, b), [...a.shape.slice(0, -1), b.shape[1] ?? 0]);
  } else {
    // TF.js multiplies stacks of different sizes, but does not differentiate that.
    const whole = (matrices: tf.Tensor): tf.Tensor => {
      const shape = [...stack, ...matrices.shape.slice(-2)];
      return shape.join() === matrices.shape.join() ? matrices : tf.broadcastTo(matrices, shape);
    };
    y = tf.matMul(whole(a), whole(b));
  }
  const squeezed = [...(isRow ? [-2] : []), ...(isColumn ? [-1] : [])].map((axis) => axis + y.rank);
  return new TensorValue(squeezed.length ? tf.squeeze(y, squeezed) : y);
}
