import * as tf from '@tensorflow/tfjs';
import type { CompiledProgram } from '../../engine/devices/device';
import { releaseArray, type DeviceArray, type ProgramInput } from '../../engine/arrays/device-array';
import { float32, int32, type NdArray } from '../../engine/arrays/nd-array';
import { repeat } from '../../engine/ops/repeat';
import { balls, nearestImage } from '../budget/ball';
import { cancellationPoint } from '../../cancellation';
import { CallPace } from '../base/call-pace';
import { inputGradient } from '../base/image-gradient';
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
  /** float32 [N, classes], rows that sum to 1. */
  readonly targets: NdArray<'float32'>;
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
    secondsPerCall?: number,
  ) {
    this.pace = new CallPace(victim.device, secondsPerCall);
    const { momentum = 0 } = parameters;
    this.program = victim.device.compile('pgd-steps', (images, start, noise, targets, steps, ...velocity) => {
      const first = tf.clipByValue(tf.add(start, noise), 0, 1);
      return repeat(steps, [first, ...velocity], ([iterate = first, before]) => {
        const gradient = meanGradient(parameters.eotSamples, () => inputGradient(victim, iterate, targets));
        const followed = before ? accumulate(before, gradient, momentum) : gradient;
        const next = pgdStep(parameters, { images, iterate, gradient: followed });
        return before ? [next, followed] : [next];
      });
    });
  }

  /** @throws M2atError `cancelled` */
  async run({ images, start, targets }: PgdSearch, signal: AbortSignal): Promise<DeviceArray<'float32'>> {
    const { steps, momentum = 0 } = this.parameters;
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
        const inputs = [images, current, noise, targets, counter, ...velocity];
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

interface StepInputs {
  readonly images: tf.Tensor;
  readonly iterate: tf.Tensor;
  readonly gradient: tf.Tensor;
}

function pgdStep(
  { norm, epsilon, stepSize, targeted }: PgdStepParameters,
  { images, iterate, gradient }: StepInputs,
): tf.Tensor {
  const ascent = targeted ? tf.neg(gradient) : gradient;
  const direction = balls[norm].direction(norm === 'l1' ? withinBox(ascent, iterate) : ascent);
  const next = tf.add(iterate, tf.mul(direction, stepSize));
  return nearestImage(norm, images, next, epsilon);
}
