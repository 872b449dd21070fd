import * as tf from '@tensorflow/tfjs';
import type { CompiledProgram } from '../../engine/devices/device';
import { repeat } from '../../engine/ops/repeat';
import { hasNaN } from '../base/fooled';
import { repaired, valueAndImageGradient } from '../base/image-gradient';
import { nearestImage, sparseSign, balls, type BallNorm } from '../budget/ball';
import type { Loss, LossClasses } from '../base/losses';
import type { Victim } from '../base/victim';

/** What APGD remembers of each image: [N, H, W, C] the first six, [N] the others, but for `blend`, a scalar. */
export const apgdState = [
  /** The iterate, the one before it, and the gradient at the iterate. */
  'x',
  'previous',
  'gradient',
  /** The point with the highest loss so far, and the gradient there. */
  'best',
  'bestGradient',
  /** The first iterate that fools the network; of a random one the last. */
  'fooling',
  /** 1 where there is one. */
  'fooled',
  'bestLoss',
  'stepSize',
  /** Steps since the last checkpoint whose loss exceeds that of the step before. */
  'improvements',
  'loss',
  /** At the last checkpoint: whether the step size was halved (0 or 1), and the highest loss. */
  'halved',
  'checkedLoss',
  /** l1: how many values a step moves, and how many of them differ from the clean image in the best point. */
  'moved',
  'changed',
  /** Weight of a new step against the one before it: 1 at first, then 0.75. */
  'blend',
] as const;
export type ApgdState<T> = Readonly<Record<(typeof apgdState)[number], T>>;

/** Inputs that stay the same from step to step. */
interface Fixed extends LossClasses {
  readonly images: tf.Tensor;
  readonly epsilon: tf.Tensor;
}

export interface ApgdProgramOptions {
  readonly norm: BallNorm;
  readonly loss: Loss;
  readonly eotSamples: number;
  /** Whether only the target counts, and not any class but the label. */
  readonly targeted?: boolean | undefined;
}

/** Share of a checkpoint's steps that have to raise the loss, or the step size is halved. */
const RHO = 0.75;
/** The share of a new step in a step with momentum. */
const BLEND = 0.75;
/** l1: what a step size, and the number of values that changed, are divided by, and how small it may become, in parts of the first one. */
const L1_REDUCTION = 1.5;
const L1_SMALLEST = 0.1;

/**
 * A number of steps of Auto-PGD, and the checkpoint after them, as one program. Inputs: images, labels, targets
 * (one-hot), epsilon, the number of steps (int32), the steps between two checkpoints, whether a checkpoint follows
 * these steps (1 or 0), and the state in the order of {@link apgdState}; it returns the new state.
 */
export function compileApgd(victim: Victim, options: ApgdProgramOptions): CompiledProgram {
  return victim.device.compile(
    'apgd-steps',
    (images, labels, targets, epsilon, steps, interval, check, ...state) => {
      const fixed = { images, labels, targets, epsilon };
      const stepped = repeat(steps, state, (current) =>
        packed(apgdStep(victim, options, fixed, unpacked(current))),
      );
      const after = unpacked(stepped);
      const due = tf.greater(check, 0.5);
      return packed(
        options.norm === 'l1'
          ? sparsityCheckpoint(fixed, after, due)
          : stepSizeCheckpoint(after, interval, due),
      );
    },
  );
}

function apgdStep(
  victim: Victim,
  options: ApgdProgramOptions,
  fixed: Fixed,
  state: ApgdState<tf.Tensor>,
): ApgdState<tf.Tensor> {
  const { norm } = options;
  const x = norm === 'l1' ? sparseStep(fixed, state) : momentumStep(norm, fixed, state);
  const at = evaluate(victim, options, x, fixed);
  // One misclassification by a random network may have been luck: a later point fools it more surely.
  const kept = victim.random ? at.fools : tf.logicalAnd(at.fools, tf.equal(state.fooled, 0));
  const better = tf.greater(at.loss, state.bestLoss);
  return {
    ...state,
    x,
    previous: state.x,
    gradient: at.gradient,
    best: tf.where(perImage(better), x, state.best),
    bestGradient: tf.where(perImage(better), at.gradient, state.bestGradient),
    fooling: tf.where(perImage(kept), x, state.fooling),
    fooled: tf.maximum(state.fooled, tf.cast(at.fools, 'float32')),
    bestLoss: tf.where(better, at.loss, state.bestLoss),
    improvements: tf.add(state.improvements, tf.cast(tf.greater(at.loss, state.loss), 'float32')),
    loss: at.loss,
    blend: tf.fill([], BLEND),
  };
}

/** linf and l2: a projected gradient step, of which three quarters are taken, and a quarter of the last one. */
function momentumStep(
  norm: 'linf' | 'l2',
  { images, epsilon }: Fixed,
  { x, previous, gradient, stepSize, blend }: ApgdState<tf.Tensor>,
): tf.Tensor {
  const step = tf.mul(balls[norm].direction(gradient), perImage(stepSize));
  const moved = nearestImage(norm, images, tf.add(x, step), epsilon);
  const inertia = tf.mul(tf.sub(x, previous), tf.sub(1, blend));
  const blended = tf.add(tf.add(x, tf.mul(tf.sub(moved, x), blend)), inertia);
  return nearestImage(norm, images, blended, epsilon);
}

/** l1: a step along the signs of the largest gradient values, as many as `moved` says; no momentum. */
function sparseStep(
  { images, epsilon }: Fixed,
  { x, gradient, stepSize, moved }: ApgdState<tf.Tensor>,
): tf.Tensor {
  const [count = 1, ...shape] = images.shape;
  const size = tf.util.sizeFromShape(shape);
  const { values } = tf.topk(tf.reshape(tf.abs(gradient), [count, size]), size);
  // Counted from the smallest, as the reference does, whose share of the values is moved / size.
  const ascending = tf.clipByValue(tf.floor(tf.sub(size, moved)), 0, size - 1);
  const index = tf.reshape(tf.sub(size - 1, ascending), [count, 1]);
  const chosen = tf.cast(tf.equal(tf.reshape(tf.range(0, size), [1, size]), index), 'float32');
  const threshold = tf.sum(tf.mul(values, chosen), 1);
  const step = tf.mul(sparseSign(gradient, threshold), perImage(stepSize));
  return nearestImage('l1', images, tf.add(x, step), epsilon);
}

/** Halves the step size, and goes back to the best point, where too few steps helped. */
function stepSizeCheckpoint(
  state: ApgdState<tf.Tensor>,
  interval: tf.Tensor,
  due: tf.Tensor,
): ApgdState<tf.Tensor> {
  const { improvements, halved, checkedLoss, bestLoss } = state;
  const oscillates = tf.lessEqual(improvements, tf.mul(interval, RHO));
  const stalled = tf.logicalAnd(tf.equal(halved, 0), tf.greaterEqual(checkedLoss, bestLoss));
  const halve = tf.logicalOr(oscillates, stalled);
  const now = tf.logicalAnd(halve, due);
  return {
    ...state,
    x: tf.where(perImage(now), state.best, state.x),
    gradient: tf.where(perImage(now), state.bestGradient, state.gradient),
    stepSize: tf.where(now, tf.mul(0.5, state.stepSize), state.stepSize),
    improvements: tf.where(due, tf.zerosLike(improvements), improvements),
    halved: tf.where(due, tf.cast(halve, 'float32'), halved),
    checkedLoss: tf.where(due, bestLoss, checkedLoss),
  };
}

/** l1: follows how sparse the best point is; where it got sparser the search starts again from it with full steps. */
function sparsityCheckpoint(
  { images, epsilon }: Fixed,
  state: ApgdState<tf.Tensor>,
  due: tf.Tensor,
): ApgdState<tf.Tensor> {
  const changed = tf.sum(tf.cast(tf.notEqual(state.best, images), 'float32'), [1, 2, 3]);
  const sparser = tf.less(changed, tf.mul(0.95, state.changed));
  const reduced = tf.maximum(tf.div(state.stepSize, L1_REDUCTION), tf.mul(L1_SMALLEST, epsilon));
  const again = tf.logicalAnd(sparser, due);
  const full = tf.mul(tf.onesLike(reduced), epsilon);
  return {
    ...state,
    x: tf.where(perImage(again), state.best, state.x),
    gradient: tf.where(perImage(again), state.bestGradient, state.gradient),
    stepSize: tf.where(due, tf.where(sparser, full, tf.minimum(reduced, full)), state.stepSize),
    moved: tf.where(due, tf.div(changed, L1_REDUCTION), state.moved),
    changed: tf.where(due, changed, state.changed),
  };
}

interface Evaluated {
  readonly loss: tf.Tensor;
  readonly gradient: tf.Tensor;
  readonly fools: tf.Tensor;
}

/** Loss, its gradient and the answer at x: means over the samples, the answer is that of the last one. */
function evaluate(
  victim: Victim,
  { loss, eotSamples: samples, targeted }: ApgdProgramOptions,
  x: tf.Tensor,
  { labels, targets }: Fixed,
): Evaluated {
  // One column of losses, and the logits: so that one pass gives them all.
  const outputs = (images: tf.Tensor): tf.Tensor => {
    const logits = victim.logits(images);
    return tf.concat([tf.reshape(loss(logits, { labels, targets }), [-1, 1]), logits], 1);
  };
  const [rows = 1, classes = 1] = labels.shape;
  const upstream = tf.concat([tf.ones([rows, 1]), tf.zeros([rows, classes])], 1);
  const sample = (): [tf.Tensor, tf.Tensor] => {
    const { value, gradient } = valueAndImageGradient(victim, x, outputs, upstream);
    return [gradient, value];
  };
  let [gradient, value] = sample();
  let lossSum = tf.slice(value, [0, 0], [rows, 1]);
  if (samples > 1) {
    [gradient = gradient, lossSum = lossSum, value = value] = repeat(
      samples - 1,
      [gradient, lossSum, value],
      ([gradients = x, losses = x]) => {
        const [next, outputs] = sample();
        return [tf.add(gradients, next), tf.add(losses, tf.slice(outputs, [0, 0], [rows, 1])), outputs];
      },
    );
  }
  const logits = tf.slice(value, [0, 1], [rows, classes]);
  return {
    loss: tf.reshape(tf.div(lossSum, samples), [rows]),
    gradient: samples > 1 ? repaired(tf.div(gradient, samples)) : gradient,
    fools: targeted
      ? tf.logicalAnd(isClass(logits, targets), tf.logicalNot(hasNaN(logits)))
      : tf.logicalOr(tf.logicalNot(isClass(logits, labels)), hasNaN(logits)),
  };
}

/** Whether the largest logit is that of a one-hot class. */
function isClass(logits: tf.Tensor, oneHot: tf.Tensor): tf.Tensor {
  return tf.equal(tf.argMax(logits, 1), tf.argMax(oneHot, 1));
}

/** One value an image, for arithmetic with images. */
function perImage(values: tf.Tensor): tf.Tensor {
  return tf.reshape(values, [-1, 1, 1, 1]);
}

function packed(state: ApgdState<tf.Tensor>): tf.Tensor[] {
  return apgdState.map((key) => state[key]);
}

function unpacked(tensors: readonly tf.Tensor[]): ApgdState<tf.Tensor> {
  return apgdRecord((index) => tensors[index] ?? missing());
}

/** A state made of one value for each key, by its index. */
export function apgdRecord<T>(value: (index: number) => T): ApgdState<T> {
  return Object.fromEntries(apgdState.map((key, index) => [key, value(index)])) as ApgdState<T>;
}

function missing(): never {
  throw new RangeError('apgd-steps has too few inputs');
}
