import { oneHot } from '../../data/batch';
import type { NdArray } from '../../engine/arrays/nd-array';
import type { Random } from '../../random';
import { ApgdSearch } from './apgd-search';
import type { CreateAttack } from '../base/attack';
import type { BallNorm } from '../budget/ball';
import { fixedEpsilon } from '../budget/fixed-epsilon';
import { drawImages } from '../base/image-streams';
import { lossFor, type LossName } from '../base/losses';
import { goalsOf, targetsFor } from '../base/targets';
import type { ApgdParameters, ApgdTargetedParameters } from './apgd-definition';

/**
 * Auto-PGD on a loss such as the cross-entropy or the DLR loss: PGD with momentum whose step size starts at
 * 2 * epsilon and is halved at checkpoints where the loss rose in too few steps; the search then goes on from the best
 * point. Returns the first iterate that fools, or the one with the highest loss. Targeted, the losses are those of the
 * target: its cross-entropy, lowered, or the targeted DLR loss.
 * Croce and Hein, "Reliable evaluation of adversarial robustness with an ensemble of diverse parameter-free attacks",
 * ICML 2020; l1: "Mind the Box: l1-APGD for Sparse Adversarial Attacks on Image Classifiers", ICML 2021.
 */
export const createApgd =
  (away: LossName, towards: LossName): CreateAttack<ApgdParameters> =>
  (victim, parameters) => {
    const { norm, epsilon, restarts, targeted } = parameters;
    const { loss, note } = lossFor(targeted ? towards : away, victim.classes);
    const search = new ApgdSearch(victim, { ...parameters, loss });
    const options = {
      norm,
      epsilon,
      rounds: restarts,
      dispose: () => search.dispose(),
      ...(note && { notes: [note] }),
    };
    return fixedEpsilon(victim, options, (batch, { streams, signal }) => {
      const { images } = batch;
      const noise = drawApgdStart(norm, images.shape, epsilon, streams);
      const labels = oneHot(batch.labels, victim.classes);
      const targets = targeted ? oneHot(goalsOf(batch, targeted), victim.classes) : labels;
      return search.run({ images, noise, labels, targets }, signal);
    });
  };

/**
 * APGD-T: Auto-PGD on the targeted DLR loss, for the class with the second largest clean logit, then the third, and
 * so on. Any misclassification counts. Targeted, it aims at the target alone, which has to be reached. Source: see {@link createApgd}.
 */
export const createApgdTargeted: CreateAttack<ApgdTargetedParameters> = (victim, parameters) => {
  const { norm, epsilon, restarts, targeted } = parameters;
  const { classes } = victim;
  const { loss, note } = lossFor('dlr-targeted', classes);
  const { targets, note: fewer } = targeted ? { targets: 1 } : targetsFor(parameters, classes);
  const search = new ApgdSearch(victim, { ...parameters, loss });
  const options = {
    norm,
    epsilon,
    rounds: targets * restarts,
    cleanLogits: true,
    dispose: () => search.dispose(),
    notes: [note, fewer].filter((text) => text !== undefined),
  };
  return fixedEpsilon(victim, options, (batch, { streams, round, cleanLogits, signal }) => {
    if (!cleanLogits) throw new TypeError('apgd-t needs the clean logits');
    const { images, labels } = batch;
    const noise = drawApgdStart(norm, images.shape, epsilon, streams);
    const aimed = targeted
      ? goalsOf(batch, targeted)
      : rankedClasses(cleanLogits, 1 + Math.floor(round / restarts));
    return search.run(
      { images, noise, labels: oneHot(labels, classes), targets: oneHot(aimed, classes) },
      signal,
    );
  });
};

/** The class with the largest logit (rank 0), the second largest (1), and so on, of each row. */
export function rankedClasses(logits: NdArray<'float32'>, rank: number): Int32Array {
  const [count = 0, classes = 1] = logits.shape;
  return Int32Array.from({ length: count }, (_, n) => {
    const row = Array.from(logits.data.subarray(n * classes, (n + 1) * classes));
    const order = Array.from(row.keys()).sort((a, b) => (row[b] ?? 0) - (row[a] ?? 0));
    return order[rank] ?? 0;
  });
}

/**
 * Where Auto-PGD starts. linf: uniform noise, stretched so that its largest value is epsilon; l2: a uniform direction,
 * of length epsilon; l1: standard normal noise, which the search projects.
 */
function drawApgdStart(
  norm: BallNorm,
  shape: readonly number[],
  epsilon: number,
  streams: readonly Random[],
): NdArray<'float32'> {
  return drawImages(shape, streams, (image, random) => {
    if (norm === 'linf') random.fillUniform(image, -1, 1);
    else for (let i = 0; i < image.length; i++) image[i] = random.normal();
    if (norm === 'l1') return;
    let length = 0;
    for (const value of image)
      length = norm === 'linf' ? Math.max(length, Math.abs(value)) : length + value * value;
    const scale = epsilon / (norm === 'linf' ? length : Math.sqrt(length));
    for (let i = 0; i < image.length; i++) image[i] = (image[i] ?? 0) * scale;
  });
}
