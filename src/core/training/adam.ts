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

export interface AdamParameters extends DecayParameters {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** AdamW: weight decay takes rate * weightDecay * w off the weight, and is no part of the gradient. */
  readonly decoupled: boolean;
}

/**
 * Adam (Kingma and Ba, ICLR 2015) and AdamW (Loshchilov and Hutter, ICLR 2019), as PyTorch defines them. In update t, from 1:
 * m = beta1 * m + (1 - beta1) * g, s = beta2 * s + (1 - beta2) * g^2, and
 * w = w - rate / (1 - beta1^t) * m / (sqrt(s) / sqrt(1 - beta2^t) + epsilon). Where beta1 is cycled, that of the update is
 * in both places.
 */
export class Adam implements Optimizer {
  /** The mean gradient of each parameter, in order, then the mean squared ones. */
  readonly state: readonly tf.Variable[];

  /** @param cyclesMomentum each step is told its beta1 */
  constructor(
    readonly parameters: readonly tf.Variable[],
    private readonly options: AdamParameters,
    private readonly cyclesMomentum = false,
  ) {
    this.state = [...zerosLike(parameters), ...zerosLike(parameters)];
  }

  get scalarCount(): number {
    return this.cyclesMomentum ? 4 : 3;
  }

  /** Corrections are near 0 in the first steps: in float32 they would lose digits. */
  scalars(rate: StepRate): readonly number[] {
    assertCycled(rate, this.cyclesMomentum);
    const { learningRate, momentum, update } = rate;
    if (update === undefined) throw new TypeError('Adam has to know which update it is.');
    const { beta1, beta2, weightDecay } = this.options;
    const size = learningRate / (1 - (momentum ?? beta1) ** update);
    return [
      size,
      Math.sqrt(1 - beta2 ** update),
      1 - learningRate * weightDecay,
      ...(momentum === undefined ? [] : [momentum]),
    ];
  }

  apply(gradients: readonly tf.Tensor[], scalars: readonly tf.Tensor[]): void {
    const { beta1: constant, beta2, epsilon, weightDecay, decoupled } = this.options;
    const size = entryAt(scalars, 0);
    const correction = entryAt(scalars, 1);
    const kept = entryAt(scalars, 2);
    const beta1 = this.cyclesMomentum ? entryAt(scalars, 3) : constant;
    for (const [i, parameter] of this.parameters.entries()) {
      const mean = entryAt(this.state, i);
      const square = entryAt(this.state, this.parameters.length + i);
      const raw = entryAt(gradients, i);
      const decayed = decays(parameter, this.options);
      const gradient = decayed && !decoupled ? tf.add(raw, tf.mul(parameter, weightDecay)) : raw;
      const weight = decayed && decoupled ? tf.mul(parameter, kept) : parameter;
      const nextMean = tf.add(gradient, tf.mul(tf.sub(mean, gradient), beta1));
      const nextSquare = tf.add(tf.mul(square, beta2), tf.mul(tf.square(gradient), 1 - beta2));
      const root = tf.add(tf.div(tf.sqrt(nextSquare), correction), epsilon);
      parameter.assign(tf.sub(weight, tf.mul(tf.div(nextMean, root), size)));
      mean.assign(nextMean);
      square.assign(nextSquare);
    }
  }

  dispose(): void {
    tf.dispose([...this.state]);
  }
}
