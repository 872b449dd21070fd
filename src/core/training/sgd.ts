import * as tf from '@tensorflow/tfjs';
import {
  assertCycled,
  decays,
  entryAt,
  zerosLike,
  type DecayParameters,
  type Optimizer,
  type StepRate,
} from './optimizer';

export interface SgdParameters extends DecayParameters {
  readonly momentum: number;
  readonly nesterov: boolean;
}

/**
 * Stochastic gradient descent with momentum, as PyTorch defines it: v = momentum * v + g, then
 * w = w - rate * v, or w - rate * (g + momentum * v) with Nesterov's rule; g includes the weight decay.
 */
export class Sgd implements Optimizer {
  /** One velocity for each parameter, in order. */
  readonly state: readonly tf.Variable[];

  /** @param cyclesMomentum each step is told its momentum */
  constructor(
    readonly parameters: readonly tf.Variable[],
    private readonly options: SgdParameters,
    private readonly cyclesMomentum = false,
  ) {
    this.state = zerosLike(parameters);
  }

  get scalarCount(): number {
    return this.cyclesMomentum ? 2 : 1;
  }

  scalars(rate: StepRate): readonly number[] {
    assertCycled(rate, this.cyclesMomentum);
    const { learningRate, momentum } = rate;
    return [learningRate, ...(momentum === undefined ? [] : [momentum])];
  }

  apply(gradients: readonly tf.Tensor[], scalars: readonly tf.Tensor[]): void {
    const { nesterov, weightDecay } = this.options;
    const rate = entryAt(scalars, 0);
    const momentum = this.cyclesMomentum ? entryAt(scalars, 1) : this.options.momentum;
    for (const [i, parameter] of this.parameters.entries()) {
      const velocity = entryAt(this.state, i);
      const raw = entryAt(gradients, i);
      const gradient = decays(parameter, this.options) ? tf.add(raw, tf.mul(parameter, weightDecay)) : raw;
      const next = momentum === 0 ? gradient : tf.add(tf.mul(velocity, momentum), gradient);
      const direction = nesterov ? tf.add(gradient, tf.mul(next, momentum)) : next;
      parameter.assign(tf.sub(parameter, tf.mul(direction, rate)));
      if (momentum !== 0) velocity.assign(next);
    }
  }

  dispose(): void {
    tf.dispose([...this.state]);
  }
}
