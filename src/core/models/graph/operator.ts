import type * as tf from '@tensorflow/tfjs';
import type { GraphNode } from './graph';
import type { NodeCall } from './node-call';
import type { GraphValue } from './value';

/**
 * How an operator passes gradients on. `zero`: not at all, since small changes of its inputs don't change its results.
 * `none`: nothing is known; it is refused where an input depends on the images.
 */
export type OperatorGradient = 'differentiable' | 'zero' | 'none';

/** A result; a bare tensor is in the order that the file's operators see. */
type Result = GraphValue | tf.Tensor;

/** An operator as TF.js ops: its results in order; one that nobody may read can be left out. */
export type Evaluate = (call: NodeCall) => Result | readonly Result[];

/** All that there is to know about an operator. */
export interface Operator {
  readonly evaluate: Evaluate;
  readonly gradient: OperatorGradient;
  /** Its results depend on the shapes of its inputs alone. */
  readonly readsShapes?: boolean;
  /** Inputs of which it reads the type alone. */
  readonly readsTypes?: readonly number[];
  /** Whether each run of a node may give something else. */
  readonly isRandom?: (node: GraphNode) => boolean;
}

export type Operators = Readonly<Record<string, Operator>>;

/** Operators that have everything but what they compute in common. */
export function operators(
  common: OperatorGradient | Omit<Operator, 'evaluate'>,
  table: Readonly<Record<string, Evaluate>>,
): Operators {
  const properties = typeof common === 'string' ? { gradient: common } : common;
  return Object.fromEntries(
    Object.entries(table).map(([name, evaluate]) => [name, { ...properties, evaluate }]),
  );
}
