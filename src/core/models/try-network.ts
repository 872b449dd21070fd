import * as tf from '@tensorflow/tfjs';
import { registerGradients } from '../engine/gradients/register';
import { traceProgram } from '../engine/compile/trace-program';
import { withGradientTaps, type NodeName } from './gradient-taps';

export interface Trial {
  /** The model's file, as the name of the program. */
  readonly modelFile: string;
  /** Of the input, in the model's own layout. */
  readonly shape: readonly number[];
  /** The network. */
  readonly scores: (x: tf.Tensor) => tf.Tensor;
  /** The error for a gradient that can't be built, and the node at which that shows. */
  readonly refuse: (node: NodeName | undefined, cause: unknown) => Error;
}

/**
 * Runs a network and its gradient once, on shapes alone, which finds every node that can't be run or differentiated.
 * @returns the shape of the scores
 * @throws whatever the network throws, and what `refuse` makes of an error of its gradient
 */
export function tryNetwork({ modelFile, shape, scores, refuse }: Trial): readonly number[] {
  registerGradients();
  let output: readonly number[] | undefined;
  let reached: NodeName | undefined;
  const differentiate = (x: tf.Tensor): tf.Tensor =>
    tf.grad((images) => {
      const y = withGradientTaps({ output: (node) => (reached = node) }, () => scores(images));
      output = y.shape;
      return tf.sum(y);
    })(x);
  const program = (...[x]: tf.Tensor[]): tf.Tensor[] => {
    if (!x) throw new TypeError('The network has an input.');
    try {
      return [differentiate(x)];
    } catch (error) {
      // Before there are scores it is the network itself that can't be run.
      throw output ? refuse(reached, error) : error;
    }
  };
  traceProgram(modelFile, program, [{ dtype: 'float32', shape }], { block: 0 });
  return output ?? [];
}
