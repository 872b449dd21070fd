import * as tf from '@tensorflow/tfjs';
import { oneHot } from '../../data/batch';
import type { CompiledProgram } from '../../engine/devices/device';
import { float32, type NdArray } from '../../engine/arrays/nd-array';
import type { CreateAttack, LabelledImages } from '../base/attack';
import { bucketFor, gatherRows, paddedRows } from '../base/batch-rows';
import { cancellationPoint } from '../../cancellation';
import { classRanks } from '../base/class-ranks';
import { imageGradient } from '../base/image-gradient';
import type { JsmaParameters } from './jsma-definition';
import { minimalNormAttack } from '../budget/minimal-norm';
import { float32Output } from '../base/outputs';
import { isTakenFor, readPredictions, type Prediction } from '../base/predictions';
import { bestPair } from './saliency-pair';
import { goalsOf, targetsFor } from '../base/targets';
import type { Victim } from '../base/victim';

/**
 * Jacobian-based Saliency Map Attack: each step adds theta to the two values that raise the target's logit while they
 * lower the sum of all others, such that the product of both effects is largest; until the image is misclassified, gamma
 * is used up, or no pair helps. Targeted, it goes on until it is taken for the target. The norm is L0, the number of
 * changed values.
 * Papernot et al., "The Limitations of Deep Learning in Adversarial Settings", EuroS&P 2016.
 */
export const createJsma: CreateAttack<JsmaParameters> = (victim, parameters) => {
  const slopes = compileSlopes(victim);
  const { targeted } = parameters;
  const { targets: passes, note } = targeted ? { targets: 1 } : targetsFor(parameters, victim.classes);
  return minimalNormAttack(
    victim,
    { norm: 'l0', passes, epsilon: parameters.epsilon, ...(note && { notes: [note] }) },
    {
      async find(batch, { index, logits }, { signal }) {
        const ranks = classRanks(logits, batch.labels);
        const targets = targeted
          ? oneHot(goalsOf(batch, targeted), victim.classes)
          : float32(
              ranks.data.map((rank) => (rank === index + 1 ? 1 : 0)),
              ranks.shape,
            );
        return search(slopes, batch, targets, parameters, signal);
      },
      dispose: () => slopes.dispose(),
    },
  );
};

/** Images and one-hot targets to logits, and the gradients of the target's logit and of the sum of all others. */
function compileSlopes(victim: Victim): CompiledProgram {
  return victim.device.compile('jsma', (images, targets) => {
    const part = (weights: tf.Tensor): tf.Tensor =>
      imageGradient(victim, images, (x) => tf.sum(tf.mul(victim.logits(x), weights), -1));
    return [victim.logits(images), part(targets), part(tf.sub(1, targets))];
  });
}

/** @returns the changed images */
async function search(
  slopes: CompiledProgram,
  { images, labels, targetClasses }: LabelledImages,
  targets: NdArray<'float32'>,
  { theta, gamma }: JsmaParameters,
  signal: AbortSignal,
): Promise<NdArray<'float32'>> {
  const changed = float32(images.data.slice(), images.shape);
  const size = changed.data.length / labels.length;
  const rowOf = ({ data }: NdArray<'float32'>, n: number): Float32Array =>
    data.subarray(n * size, (n + 1) * size);
  const isReached = (prediction: Prediction | undefined, n: number): boolean =>
    prediction !== undefined &&
    (targetClasses ? isTakenFor(prediction, targetClasses[n] ?? -1) : prediction.label !== labels[n]);
  let open = [...labels.keys()];
  for (let left = Math.floor((size * gamma) / 2); left > 0 && open.length > 0; left--) {
    await cancellationPoint(signal);
    const rows = paddedRows(open, bucketFor(open.length, labels.length));
    const outputs = await slopes.run(gatherRows(changed, rows), gatherRows(targets, rows));
    const [logits, up, others] = [0, 1, 2].map((index) => float32Output(outputs, index));
    if (!logits || !up || !others) throw new RangeError('The program has three outputs.');
    const predictions = readPredictions(
      logits,
      Int32Array.from(open, (n) => labels[n] ?? 0),
    );
    open = open.filter(
      (n, row) =>
        !isReached(predictions[row], n) &&
        changePair(rowOf(changed, n), rowOf(up, row), rowOf(others, row), theta),
    );
  }
  return changed;
}

/** Changes the best pair of an image's values that are not at the end of their range yet; false when there is none. */
function changePair(image: Float32Array, up: Float32Array, others: Float32Array, theta: number): boolean {
  const sign = Math.sign(theta);
  const domain = [...image.keys()].filter((i) => (sign > 0 ? (image[i] ?? 1) < 1 : (image[i] ?? 0) > 0));
  const pair = bestPair(
    up.map((value) => sign * value),
    others.map((value) => -sign * value),
    domain,
  );
  if (!pair) return false;
  for (const i of pair) image[i] = Math.min(1, Math.max(0, (image[i] ?? 0) + theta));
  return true;
}
