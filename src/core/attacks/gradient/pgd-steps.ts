import * as tf from '@tensorflow/tfjs';
import type { CompiledProgram } from '../../engine/devices/device';
import { releaseArray, type DeviceArray, type ProgramInput } from '../../engine/arrays/device-array';
import { float32, int32, scalar, type NdArray } from '../../engine/arrays/nd-array';
import { repeat } from '../../engine/ops/repeat';
import { balls, nearestImage } from '../budget/ball';
import { cancellationPoint } from '../../cancellation';
import { CallPace } from '../base/call-pace';
import { crossEntropy } from '../base/cross-entropy';
import { imageGradient } from '../base/image-gradient';
import { meanGradient } from '../base/mean-gradient';
import { floatsOnDevice } from '../base/outputs';
import type { PgdParameters } from './pgd-definition';
import type { Victim } from '../base/victim';

export type PgdStepParameters = Pick<PgdParameters, 'norm' | 'epsilon' | 'stepSize' | 'steps' | 'targeted'> &
  Partial<Pick<PgdParameters, 'momentum' | 'eotSamples'>>;

/** Where a search begins and what it follows. */
export interface PgdSearch {
  /** float32 [N, H, W, C] in [0, 1]. */
  readonly images: NdArray<'float32'>;
  /** Added to the images before the first step, clipped to [0, 1]; absent: the images themselves. */
  readonly start?: NdArray<'float32'> | undefined;
  /** float32 [N, classes]: what the objective compares the logits with. One on the device is released by the caller. */
  readonly targets: ProgramInput<'float32'>;
  /**
   * In (0, 1]: multiplies epsilon and the step size, so that they can grow from call to call. The start is taken as it is:
   * whoever draws it scales it.
   */
  readonly scale?: number | undefined;
}

/**
 * What steps ascend (targeted: descend), for use inside a program.
 * @param logits [N, classes]
 * @param targets those of the search
 * @returns one value an image, [N], that depends on that image only
 */
export type Objective = (logits: tf.Tensor, targets: tf.Tensor) => tf.Tensor;

export interface PgdStepOptions {
  /** Default: the cross-entropy with the targets, whose rows sum to 1 then. */
  readonly objective?: Objective | undefined;
  /** A call can't be cancelled: steps that take longer together are several calls. */
  readonly secondsPerCall?: number | undefined;
}

const imageAxes = [1, 2, 3];

/**
 * The steps of PGD as one program: a loop whose number of steps is an input, so one compilation serves any number
 * of them. All steps are one call as long as that is short; the result does not depend on how they are divided.
 */
export class PgdSteps {
  private readonly program: CompiledProgram;
  private readonly pace: CallPace;
  private zeros: NdArray<'float32'> | undefined;

  constructor(
    victim: Victim,
    private readonly parameters: PgdStepParameters,
    { objective = crossEntropy, secondsPerCall }: PgdStepOptions = {},
  ) {
    this.pace = new CallPace(victim.device, secondsPerCall);
    const { momentum = 0 } = parameters;
    const accumulated = momentum > 0 ? 1 : 0;
    this.program = victim.device.compile('pgd-steps', (images, start, noise, targets, steps, ...rest) => {
      const velocity = rest.slice(0, accumulated);
      const [epsilon = parameters.epsilon, stepSize = parameters.stepSize] = rest.slice(accumulated);
      const budget = { ...parameters, epsilon, stepSize };
      const first = tf.clipByValue(tf.add(start, noise), 0, 1);
      const values = (x: tf.Tensor): tf.Tensor => objective(victim.logits(x), targets);
      return repeat(steps, [first, ...velocity], ([iterate = first, before]) => {
        const gradient = meanGradient(parameters.eotSamples, () => imageGradient(victim, iterate, values));
        const followed = before ? accumulate(before, gradient, momentum) : gradient;
        const next = pgdStep(budget, { images, iterate, gradient: followed });
        return before ? [next, followed] : [next];
      });
    });
  }

  /** @throws M2atError `cancelled` */
  async run(
    { images, start, targets, scale }: PgdSearch,
    signal: AbortSignal,
  ): Promise<DeviceArray<'float32'>> {
    const { epsilon, stepSize, steps, momentum = 0 } = this.parameters;
    const budget = scale === undefined ? [] : [epsilon, stepSize].map((size) => scalar(scale * size));
    const count = images.shape[0] ?? 1;
    const zeros = this.noNoise(images.shape);
    let current: ProgramInput<'float32'> = images;
    let velocity: readonly ProgramInput<'float32'>[] = momentum > 0 ? [zeros] : [];
    let noise = start ?? zeros;
    for (let done = 0; ;) {
      const now = Math.min(steps - done, this.pace.affordable(count));
      let next: DeviceArray<'float32'>;
      let nextVelocity: DeviceArray<'float32'>[];
      try {
        await cancellationPoint(signal);
        const counter = int32(Int32Array.of(now), []);
        const inputs = [images, current, noise, targets, counter, ...velocity, ...budget];
        const outputs = await this.pace.timed(now * count, () => this.program.runOnDevice(...inputs));
        [next, ...nextVelocity] = floatsOnDevice(outputs);
      } finally {
        for (const array of [current, ...velocity]) releaseArray(array);
      }
      done += now;
      if (done === steps) {
        nextVelocity.forEach(releaseArray);
        return next;
      }
      current = next;
      velocity = nextVelocity;
      noise = zeros;
    }
  }

  dispose(): Promise<void> {
    return this.program.dispose();
  }

  private noNoise(shape: readonly number[]): NdArray<'float32'> {
    const size = shape.reduce((product, dimension) => product * dimension, 1);
    if (this.zeros?.data.length !== size) this.zeros = float32(new Float32Array(size), shape);
    return this.zeros;
  }
}

/** The gradient, of mean size 1 in each image, on top of what is left of those before it. Dong et al., CVPR 2018. */
function accumulate(velocity: tf.Tensor, gradient: tf.Tensor, momentum: number): tf.Tensor {
  // By the largest entry first: the sum of an image's sizes may leave the range of float32.
  const scaled = tf.div(gradient, tf.maximum(tf.max(tf.abs(gradient), imageAxes, true), 1e-30));
  const size = tf.mean(tf.abs(scaled), imageAxes, true);
  return tf.add(tf.mul(velocity, momentum), tf.div(scaled, tf.maximum(size, 1e-30)));
}

/**
 * The direction without the entries that would push a value out of [0, 1]. A step in L1 moves the few largest entries only:
 * with these among them it would move the same ones in vain for ever. As in foolbox's SparseL1DescentAttack, by the rule
 * of Tramèr and Boneh, NeurIPS 2019.
 */
function withinBox(direction: tf.Tensor, images: tf.Tensor): tf.Tensor {
  const below = tf.logicalAnd(tf.lessEqual(images, 0), tf.less(direction, 0));
  const above = tf.logicalAnd(tf.greaterEqual(images, 1), tf.greater(direction, 0));
  return tf.where(tf.logicalOr(below, above), tf.zerosLike(direction), direction);
}

/** What a step needs of the parameters; numbers, or scalars that are inputs of the program. */
interface StepBudget extends Pick<PgdStepParameters, 'norm' | 'targeted'> {
  readonly epsilon: number | tf.Tensor;
  readonly stepSize: number | tf.Tensor;
}

interface StepInputs {
  readonly images: tf.Tensor;
  readonly iterate: tf.Tensor;
  readonly gradient: tf.Tensor;
}

function pgdStep(
  { norm, epsilon, stepSize, targeted }: StepBudget,
  { images, iterate, gradient }: StepInputs,
): tf.Tensor {
  const ascent = targeted ? tf.neg(gradient) : gradient;
  const direction = balls[norm].direction(norm === 'l1' ? withinBox(ascent, iterate) : ascent);
  const next = tf.add(iterate, tf.mul(direction, stepSize));
  return nearestImage(norm, images, next, epsilon);
}
