import type * as tf from '@tensorflow/tfjs';
import type { OptimizerParameters } from '../experiment/training-schema';
import { Adam } from './adam';
import type { Optimizer } from './optimizer';
import { Sgd, type SgdParameters } from './sgd';

/** What a training says of how weights are moved. */
export interface UpdateParameters extends SgdParameters {
  /** Absent: SGD. Momentum and Nesterov's rule are of SGD alone. */
  readonly optimizer?: OptimizerParameters | undefined;
  /** Each step is told its momentum, of Adam its beta1. Absent: they are those of the training. */
  readonly cyclesMomentum?: boolean | undefined;
}

/** The optimizer of a training, for these parameters. The caller disposes it. */
export function createOptimizer(
  parameters: readonly tf.Variable[],
  { optimizer, cyclesMomentum, ...training }: UpdateParameters,
): Optimizer {
  if (!optimizer || optimizer.name === 'sgd') return new Sgd(parameters, training, cyclesMomentum);
  const { weightDecay, decay } = training;
  const decoupled = optimizer.name === 'adamw';
  return new Adam(parameters, { ...optimizer, weightDecay, decay, decoupled }, cyclesMomentum);
}
