import * as tf from '@tensorflow/tfjs';
import type { CompiledProgram } from '../engine/device';
import { releaseArray, type DeviceArray, type ProgramInput } from '../engine/device-array';
import { float32, int32, type NdArray } from '../engine/nd-array';
import { repeat } from '../engine/ops/repeat';
import { balls } from './ball';
import { cancellationPoint } from './cancellation';
import { firstOnDevice } from './outputs';
import type { ResolvedPgd } from './resolve-attack';
import { inputGradient, type Victim } from './victim';

export type PgdStepParameters = Pick<ResolvedPgd, 'norm' | 'epsilon' | 'stepSize' | 'steps' | 'targeted'>;

/** Where a search begins and what it follows. */
export interface PgdSearch {
  /** float32 [N, H, W, C] in [0, 1]. */
  readonly images: NdArray<'float32'>;
  /** Added to the images before the first step, clipped to [0, 1]; absent: the images themselves. */
  readonly start?: NdArray<'float32'> | undefined;
  /** float32 [N, classes], rows that sum to 1. */
  readonly targets: NdArray<'float32'>;
}

/** A call can't be cancelled, so steps that take longer together are several calls. */
const SECONDS_PER_CALL = 2;

/**
 * The steps of PGD as one program: a loop whose number of steps is an input, so one compilation serves any number
 * of them. All steps are one call as long as that is short; the result does not depend on how they are divided.
 */
export class PgdSteps {
  private readonly program: CompiledProgram;
  /** Seconds for one step of one image, in the latest call. */
  private pace: number | undefined;
  private zeros: NdArray<'float32'> | undefined;

  constructor(
    victim: Victim,
    private readonly parameters: PgdStepParameters,
    private readonly secondsPerCall = SECONDS_PER_CALL,
  ) {
    this.program = victim.device.compile('pgd-steps', (images, start, noise, targets, steps) => {
      const first = tf.clipByValue(tf.add(start, noise), 0, 1);
      return repeat(steps, [first], ([iterate = first]) => [
        pgdStep(victim, parameters, { images, iterate, targets }),
      ]);
    });
  }

  /** @throws M2atError `cancelled` */
  async run({ images, start, targets }: PgdSearch, signal: AbortSignal): Promise<DeviceArray<'float32'>> {
    const { steps } = this.parameters;
    const count = images.shape[0] ?? 1;
    let current: ProgramInput<'float32'> = images;
    let noise = start ?? this.noNoise(images.shape);
    for (let done = 0; ;) {
      const now = Math.min(steps - done, this.affordable(count));
      let next: DeviceArray<'float32'>;
      try {
        await cancellationPoint(signal);
        next = await this.call([images, current, noise, targets], now, count);
      } finally {
        releaseArray(current);
      }
      done += now;
      if (done === steps) return next;
      current = next;
      noise = this.noNoise(images.shape);
    }
  }

  dispose(): Promise<void> {
    return this.program.dispose();
  }

  private async call(
    inputs: readonly ProgramInput[],
    steps: number,
    count: number,
  ): Promise<DeviceArray<'float32'>> {
    const start = performance.now();
    const outputs = await this.program.runOnDevice(...inputs, int32(Int32Array.of(steps), []));
    this.pace = (performance.now() - start) / 1000 / (steps * count);
    return firstOnDevice(outputs);
  }

  /** Steps that fit in a call, at least one. The first call takes one: it also compiles, for how long nobody knows. */
  private affordable(count: number): number {
    if (this.pace === undefined) return 1;
    return Math.max(1, Math.floor(this.secondsPerCall / (this.pace * count)));
  }

  private noNoise(shape: readonly number[]): NdArray<'float32'> {
    const size = shape.reduce((product, dimension) => product * dimension, 1);
    if (this.zeros?.data.length !== size) this.zeros = float32(new Float32Array(size), shape);
    return this.zeros;
  }
}

interface StepInputs {
  readonly images: tf.Tensor;
  readonly iterate: tf.Tensor;
  readonly targets: tf.Tensor;
}

function pgdStep(
  victim: Victim,
  { norm, epsilon, stepSize, targeted }: PgdStepParameters,
  { images, iterate, targets }: StepInputs,
): tf.Tensor {
  const ball = balls[norm];
  const direction = ball.direction(inputGradient(victim, iterate, targets));
  const next = tf.add(iterate, tf.mul(direction, targeted ? -stepSize : stepSize));
  const delta = ball.project(tf.sub(next, images), epsilon);
  return tf.clipByValue(tf.add(images, delta), 0, 1);
}
