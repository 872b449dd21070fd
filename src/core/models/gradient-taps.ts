import * as tf from '@tensorflow/tfjs';

/** A node of a network: its name and operator, or a layer's name and class. */
export interface NodeName {
  readonly name: string;
  readonly op: string;
}

/** Called while a gradient is built, from the loss backwards, with the gradient at one place of the network. */
export type GradientTap = (node: NodeName, gradient: tf.Tensor) => void;

export interface GradientTaps {
  /** With the gradient that leaves a node through one of its inputs. */
  readonly input?: GradientTap;
  /** With the gradient that reaches the result of a node. */
  readonly output?: GradientTap;
}

let current: GradientTaps = {};

/** Lets `taps` see the gradients of the networks that `build` runs, layer by layer or node by node. */
export function withGradientTaps<T>(taps: GradientTaps, build: () => T): T {
  const outer = current;
  current = taps;
  try {
    return build();
  } finally {
    current = outer;
  }
}

/** Whether somebody looks at what leaves nodes through their inputs. */
export function tapsInputs(): boolean {
  return current.input !== undefined;
}

/** An input of a node, as the node is to read it. */
export function asInput(node: NodeName, x: tf.Tensor): tf.Tensor {
  return tapped(node, x, current.input);
}

/** A result of a node, as others are to read it. */
export function asOutput(node: NodeName, y: tf.Tensor): tf.Tensor {
  return tapped(node, y, current.output);
}

function tapped(node: NodeName, x: tf.Tensor, tap: GradientTap | undefined): tf.Tensor {
  if (!tap) return x;
  const identity = tf.customGrad((value) => ({
    value: tf.clone(value instanceof tf.Tensor ? value : x),
    gradFunc: (dy) => {
      tap(node, dy);
      return tf.clone(dy);
    },
  }));
  return identity(x);
}
