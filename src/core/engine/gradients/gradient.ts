import * as tf from '@tensorflow/tfjs';

export interface Gradient<A> {
  readonly inputs: readonly string[];
  /** Outputs that `of` gets after the inputs, by position. */
  readonly outputs?: boolean[];
  /** The gradients of `inputs`, in order, each when it is asked for; fewer where the last inputs have none. */
  readonly of: (dy: tf.Tensor, saved: readonly tf.Tensor[], attributes: A) => (() => tf.Tensor)[];
  /** When `of` is meant; `otherwise`, TF.js's own gradient, which must save the same tensors, is taken. */
  readonly when?: (attributes: A) => boolean;
  readonly otherwise?: tf.GradConfig;
}

/**
 * Registers the gradient of a TF.js kernel, on every backend. It gets the gradient of the kernel's first output.
 * `A` is the type that TF.js documents for the kernel's attributes.
 */
export function gradient<A = object>(kernelName: string, g: Gradient<A>): void {
  tf.registerGradient({
    kernelName,
    inputsToSave: [...g.inputs],
    ...(g.outputs ? { outputsToSave: g.outputs } : {}),
    gradFunc: (dy, tensors, given) => {
      // TF.js itself types attributes no further than this: the kernel's interface is the contract.
      const attributes = given as A;
      if (g.otherwise && g.when?.(attributes) === false) return g.otherwise.gradFunc(dy, tensors, given);
      const [first] = Array.isArray(dy) ? dy : [dy];
      if (!first) throw new TypeError(`The gradient of ${kernelName} gets no gradient.`);
      const found = g.of(first, tensors, attributes);
      return Object.fromEntries(found.map((make, i) => [g.inputs[i] ?? '', make]));
    },
  });
}

/** A saved tensor, by position. */
export function saved(tensors: readonly tf.Tensor[], index: number): tf.Tensor {
  const tensor = tensors[index];
  if (!tensor) throw new RangeError('A gradient gets the tensors that were saved.');
  return tensor;
}
