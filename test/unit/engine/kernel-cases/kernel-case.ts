import * as tf from '@tensorflow/tfjs';
import type { Program } from '../../../../src/core/engine/tracing/program';
import type { NdArray } from '../../../../src/core/engine/arrays/nd-array';
import type { Random } from '../../../../src/core/random';
import type { Operand } from './operands';

/** One call of an op on inputs that were drawn at random. */
export interface KernelCase {
  readonly name: string;
  readonly inputs: readonly NdArray[];
  readonly run: (inputs: readonly tf.Tensor[]) => tf.Tensor[];
  /**
   * Where the gradients in the float32 inputs are known from: TF.js's `cpu` backend; or `linear`, the transpose
   * of the map itself, for ops that are linear in their only input and whose gradient TF.js gets wrong.
   */
  readonly gradient: 'tfjs' | 'linear' | 'none';
}

export type CaseMaker = (random: Random) => KernelCase;

/** A case from operands and a function of the tensors that they make. */
export function caseOf(
  name: string,
  operands: readonly Operand[],
  f: (...tensors: [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]) => tf.Tensor | tf.Tensor[],
  gradient: KernelCase['gradient'] = 'tfjs',
): KernelCase {
  return {
    name: `${name}(${operands.map(({ inputs }) => inputs.map(({ shape }) => `[${shape.join()}]`).join('*')).join(', ')})`,
    inputs: operands.flatMap(({ inputs }) => inputs),
    run: (inputs) => {
      let start = 0;
      const tensors = operands.map(({ inputs: { length }, make }) =>
        make(inputs.slice(start, (start += length))),
      );
      // `f` takes no more tensors than there are operands.
      const result = f(...(tensors as Parameters<typeof f>));
      return Array.isArray(result) ? result : [result];
    },
    gradient,
  };
}

/** Uneven numbers, different for each output. */
export function weightsFor(shape: readonly number[], output: number): tf.Tensor {
  const size = tf.util.sizeFromShape([...shape]);
  const values = Float32Array.from({ length: size }, (_, i) => Math.cos(i * 0.7 + output) + 0.3);
  return tf.tensor(values, [...shape]);
}

/** The sum of all float32 outputs, unevenly weighted. */
function objective(outputs: readonly tf.Tensor[]): tf.Tensor {
  return outputs
    .filter(({ dtype }) => dtype === 'float32')
    .map((y, i) => y.mul(weightsFor(y.shape, i)).sum())
    .reduce((sum, term) => sum.add(term));
}

/** The outputs of a case, then the gradients of `objective` in its float32 inputs. */
export function programOf({ run, gradient }: KernelCase): Program {
  return (...inputs) => {
    const outputs = run(inputs);
    if (gradient === 'none') return outputs;
    const floats = inputs.filter(({ dtype }) => dtype === 'float32');
    const gradients = tf.grads((...values: tf.Tensor[]) => {
      let next = 0;
      return objective(
        run(inputs.map((input) => (input.dtype === 'float32' ? (values[next++] ?? input) : input))),
      );
    })(floats);
    return [...outputs, ...gradients];
  };
}

/** The outputs only; for a linear case followed by the gradient as the transposed map gives it. */
export function oracleOf(kernelCase: KernelCase): Program {
  const { run, gradient } = kernelCase;
  if (gradient !== 'linear') return programOf(kernelCase);
  return (...inputs) => {
    const [x] = inputs;
    if (!x || inputs.length !== 1) throw new RangeError('A linear case has one input.');
    const at = (point: tf.Tensor): number => tf.tidy(() => objective(run([point])).dataSync()[0] ?? NaN);
    const zero = at(tf.zerosLike(x));
    const columns = Float32Array.from({ length: x.size }, (_, i) => {
      const unit = new Float32Array(x.size);
      unit[i] = 1;
      return at(tf.tensor(unit, x.shape)) - zero;
    });
    return [...run(inputs), tf.tensor(columns, x.shape)];
  };
}
