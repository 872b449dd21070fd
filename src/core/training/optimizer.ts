import * as tf from '@tensorflow/tfjs';

/** What weight decay acts on. */
export interface DecayParameters {
  readonly weightDecay: number;
  /**
   * For which parameters: `kernels` leaves out biases and BatchNorm's scale and offset; `all` is what PyTorch does with
   * `SGD(model.parameters(), weight_decay=…)`. Absent: kernels.
   */
  readonly decay?: 'kernels' | 'all' | undefined;
}

/** What the optimizer is told for a step. */
export interface StepRate {
  readonly learningRate: number;
  /** Momentum, of Adam beta1, where it is cycled. */
  readonly momentum?: number | undefined;
  /** Which update of the weights it is, from 1. Needed by Adam alone. */
  readonly update?: number | undefined;
}

/** Moves weights along gradients. */
export interface Optimizer {
  readonly parameters: readonly tf.Variable[];
  /** What it keeps from step to step: checkpoints have it. */
  readonly state: readonly tf.Variable[];
  /** How many scalars its program is told for a step. */
  readonly scalarCount: number;
  /** These, computed on the host in double precision. @throws TypeError when something of the rate is missing, or too much */
  scalars(rate: StepRate): readonly number[];
  /**
   * For use inside a program: moves the parameters and what is kept.
   * @param gradients by parameter, in order
   * @param scalars what {@link scalars} gave, as inputs of the program
   */
  apply(gradients: readonly tf.Tensor[], scalars: readonly tf.Tensor[]): void;
  dispose(): void;
}

/** A variable for each parameter, in order, that is no parameter itself. */
export function zerosLike(parameters: readonly tf.Variable[]): tf.Variable[] {
  return parameters.map((parameter) => tf.tidy(() => tf.variable(tf.zeros(parameter.shape), false)));
}

/** The entry for the parameter at an index: a gradient, or what is kept for it. */
export function entryAt<Entry extends tf.Tensor>(entries: readonly Entry[], index: number): Entry {
  const entry = entries[index];
  if (!entry) throw new RangeError(`There is nothing for parameter ${index}.`);
  return entry;
}

/** Whether weight decay acts on a parameter. Kernels are matrices or filters; biases, gammas and betas are vectors. */
export function decays(parameter: tf.Variable, { weightDecay, decay }: DecayParameters): boolean {
  return weightDecay > 0 && (decay === 'all' || parameter.rank > 1);
}

/** @throws TypeError unless there is a momentum exactly where it is cycled */
export function assertCycled({ momentum }: StepRate, cyclesMomentum: boolean): void {
  if (cyclesMomentum !== (momentum !== undefined)) {
    throw new TypeError('A step is told its momentum where it is cycled, and only there.');
  }
}
