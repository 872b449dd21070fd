import * as tf from '@tensorflow/tfjs';
import { oneHot } from '../data/batch';
import type { CompiledProgram } from '../engine/device';
import { float32, type NdArray } from '../engine/nd-array';
import { repeat } from '../engine/ops/repeat';
import type { AttackContext, CreateAttack } from './attack';
import { balls } from './ball';
import { cancellationPoint } from './cancellation';
import { firstFloat32 } from './outputs';
import { readPredictions } from './predictions';
import type { ResolvedPgd } from './resolve-attack';
import { attackedClasses } from './targets';
import { inputGradient, type Victim } from './victim';

/**
 * Projected Gradient Descent on the cross-entropy. A step moves along the gradient's sign (linf) or unit
 * vector (l2), projects the perturbation on the epsilon ball, then clips the image to [0, 1]. An iterate is
 * returned as it is after the last step; with several restarts an image keeps the first restart that fools
 * (untargeted: is misclassified; targeted: is taken for the target), and the last one where none does.
 * Madry et al., "Towards Deep Learning Models Resistant to Adversarial Attacks", ICLR 2018.
 */
export const createPgd: CreateAttack<ResolvedPgd> = (victim, parameters) => {
  const { restarts, targeted, randomStart, epsilon, norm } = parameters;
  const steps = new StepPrograms(victim, parameters);
  const classify =
    restarts > 1 ? victim.device.compile('pgd-classify', (images) => [victim.logits(images)]) : undefined;

  return {
    async perturb({ images, labels }, context) {
      const followed = attackedClasses(labels, victim.classes, targeted);
      const targets = oneHot(followed, victim.classes);
      let kept: NdArray<'float32'> | undefined;
      const fooled = new Uint8Array(labels.length);
      for (let restart = 0; restart < restarts; restart++) {
        const start = randomStart
          ? moved(images, balls[norm].randomStart(images.shape, epsilon, context.random))
          : images;
        const found = await iterate(steps, { images, start, targets, steps: parameters.steps }, context);
        kept = kept ? takeImages(kept, found, fooled) : found;
        if (!classify) break;
        const predictions = readPredictions(firstFloat32(await classify.run(kept)), labels);
        for (const [n, { label }] of predictions.entries()) {
          fooled[n] = (targeted ? label === followed[n] : label !== labels[n]) ? 1 : 0;
        }
        if (!fooled.includes(0)) break;
      }
      return kept ?? images;
    },
    async dispose() {
      await steps.dispose();
      await classify?.dispose();
    },
  };
};

/** Steps in one call: a call can't be cancelled, and a loop saves the work that its steps share. */
const STEPS_PER_CALL = 5;

/** The steps as programs, one for each number of steps in a call. The iterate is an input. */
class StepPrograms {
  private readonly programs = new Map<number, CompiledProgram>();

  constructor(
    private readonly victim: Victim,
    private readonly parameters: ResolvedPgd,
  ) {}

  of(steps: number): CompiledProgram {
    const known = this.programs.get(steps);
    if (known) return known;
    const { victim, parameters } = this;
    const program = victim.device.compile('pgd-steps', (images, start, targets) => {
      const step = (iterate: tf.Tensor): tf.Tensor =>
        pgdStep(victim, parameters, { images, iterate, targets });
      if (steps === 1) return [step(start)];
      return repeat(steps, [start], ([iterate = start]) => [step(iterate)]);
    });
    this.programs.set(steps, program);
    return program;
  }

  async dispose(): Promise<void> {
    await Promise.all([...this.programs.values()].map((program) => program.dispose()));
  }
}

interface StepInputs {
  readonly images: tf.Tensor;
  readonly iterate: tf.Tensor;
  readonly targets: tf.Tensor;
}

function pgdStep(
  victim: Victim,
  { norm, epsilon, stepSize, targeted }: ResolvedPgd,
  { images, iterate, targets }: StepInputs,
): tf.Tensor {
  const ball = balls[norm];
  const direction = ball.direction(inputGradient(victim, iterate, targets));
  const next = tf.add(iterate, tf.mul(direction, targeted ? -stepSize : stepSize));
  const delta = ball.project(tf.sub(next, images), epsilon);
  return tf.clipByValue(tf.add(images, delta), 0, 1);
}

interface Search {
  readonly images: NdArray<'float32'>;
  readonly start: NdArray<'float32'>;
  readonly targets: NdArray<'float32'>;
  readonly steps: number;
}

async function iterate(
  programs: StepPrograms,
  { images, start, targets, steps }: Search,
  { signal }: AttackContext,
): Promise<NdArray<'float32'>> {
  let current = start;
  for (let left = steps; left > 0; left -= STEPS_PER_CALL) {
    await cancellationPoint(signal);
    const program = programs.of(Math.min(left, STEPS_PER_CALL));
    current = firstFloat32(await program.run(images, current, targets));
  }
  return current;
}

/** images + delta, clipped to [0, 1]; overwrites `delta`. */
function moved(images: NdArray<'float32'>, delta: NdArray<'float32'>): NdArray<'float32'> {
  const { data } = delta;
  for (let i = 0; i < data.length; i++) {
    data[i] = Math.min(1, Math.max(0, (images.data[i] ?? 0) + (data[i] ?? 0)));
  }
  return delta;
}

/** `from` where an image of `kept` does not fool yet, `kept` elsewhere. */
function takeImages(
  kept: NdArray<'float32'>,
  from: NdArray<'float32'>,
  fooled: Uint8Array,
): NdArray<'float32'> {
  const data = kept.data.slice();
  const size = data.length / fooled.length;
  for (const [n, done] of fooled.entries()) {
    if (!done) data.set(from.data.subarray(n * size, (n + 1) * size), n * size);
  }
  return float32(data, kept.shape);
}
