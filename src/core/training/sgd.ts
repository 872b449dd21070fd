import * as tf from '@tensorflow/tfjs';

export interface SgdParameters {
  readonly momentum: number;
  readonly nesterov: boolean;
  /** Added to the gradient as weightDecay * w. */
  readonly weightDecay: number;
  /**
   * For which parameters: `kernels` leaves out biases and BatchNorm's scale and offset; `all` is what PyTorch does with
   * `SGD(model.parameters(), weight_decay=…)`. Absent: kernels.
   */
  readonly decay?: 'kernels' | 'all' | undefined;
}

/**
 * Stochastic gradient descent with momentum, as PyTorch defines it: v = momentum * v + g, then
 * w = w - rate * v, or w - rate * (g + momentum * v) with Nesterov's rule; g includes the weight decay.
 */
export class Sgd {
  /** One velocity for each parameter, in order. */
  readonly velocities: readonly tf.Variable[];

  constructor(
    readonly parameters: readonly tf.Variable[],
    private readonly options: SgdParameters,
  ) {
    this.velocities = zerosLike(parameters);
  }

  /**
   * For use inside a program: moves the parameters and their velocities.
   * @param gradients by parameter, in order
   * @param rate scalar
   * @param momentum absent: that of the training
   */
  apply(
    gradients: readonly tf.Tensor[],
    rate: tf.Tensor,
    momentum: tf.Tensor | number = this.options.momentum,
  ): void {
    const { nesterov, weightDecay, decay } = this.options;
    for (const [i, parameter] of this.parameters.entries()) {
      const velocity = this.velocities[i];
      const raw = gradientAt(gradients, i);
      if (!velocity) throw new RangeError(`There is no velocity for parameter ${parameter.name}.`);
      const decayed = weightDecay > 0 && (decay === 'all' || isKernel(parameter));
      const gradient = decayed ? tf.add(raw, tf.mul(parameter, weightDecay)) : raw;
      const next = momentum === 0 ? gradient : tf.add(tf.mul(velocity, momentum), gradient);
      const direction = nesterov ? tf.add(gradient, tf.mul(next, momentum)) : next;
      parameter.assign(tf.sub(parameter, tf.mul(direction, rate)));
      if (momentum !== 0) velocity.assign(next);
    }
  }

  dispose(): void {
    tf.dispose([...this.velocities]);
  }
}

/** A variable for each parameter, in order, that is no parameter itself. */
export function zerosLike(parameters: readonly tf.Variable[]): tf.Variable[] {
  return parameters.map((parameter) => tf.tidy(() => tf.variable(tf.zeros(parameter.shape), false)));
}

/** The gradient of the parameter at an index. */
export function gradientAt(gradients: readonly tf.Tensor[], index: number): tf.Tensor {
  const gradient = gradients[index];
  if (!gradient) throw new RangeError(`There is no gradient for parameter ${index}.`);
  return gradient;
}

/** Kernels are matrices or filters; biases, gammas and betas are vectors. */
function isKernel(parameter: tf.Variable): boolean {
  return parameter.rank > 1;
}
