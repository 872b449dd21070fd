import { oneHot } from '../data/batch';
import { float32, type NdArray } from '../engine/nd-array';
import type { CreateAttack } from './attack';
import { firstFloat32, readAndRelease } from './outputs';
import { PgdSteps } from './pgd-steps';
import { readPredictions } from './predictions';
import { drawRandomStart } from './random-start';
import type { ResolvedPgd } from './resolve-attack';
import { attackedClasses } from './targets';

/**
 * Projected Gradient Descent on the cross-entropy. A step moves along the gradient's sign (linf) or unit
 * vector (l2), projects the perturbation on the epsilon ball, then clips the image to [0, 1]. An iterate is
 * returned as it is after the last step; with several restarts an image keeps the first restart that fools
 * (untargeted: is misclassified; targeted: is taken for the target), and the last one where none does.
 * Madry et al., "Towards Deep Learning Models Resistant to Adversarial Attacks", ICLR 2018.
 */
export const createPgd: CreateAttack<ResolvedPgd> = (victim, parameters) => {
  const { restarts, targeted, randomStart, epsilon, norm } = parameters;
  const steps = new PgdSteps(victim, parameters);
  const classify =
    restarts > 1 ? victim.device.compile('pgd-classify', (images) => [victim.logits(images)]) : undefined;

  return {
    async perturb({ images, labels }, { random, signal }) {
      const followed = attackedClasses(labels, victim.classes, targeted);
      const targets = oneHot(followed, victim.classes);
      const search = () => {
        const start = randomStart ? drawRandomStart(norm, images.shape, epsilon, random) : undefined;
        return steps.run({ images, start, targets }, signal);
      };
      if (!classify) return search();
      let kept = await readAndRelease(await search());
      for (let restart = 1; restart < restarts; restart++) {
        const predictions = readPredictions(firstFloat32(await classify.run(kept)), labels);
        const fooled = predictions.map(({ label }, n) =>
          targeted ? label === followed[n] : label !== labels[n],
        );
        if (!fooled.includes(false)) break;
        kept = takeImages(kept, await readAndRelease(await search()), fooled);
      }
      return kept;
    },
    async dispose() {
      await steps.dispose();
      await classify?.dispose();
    },
  };
};

/** `from` where an image of `kept` does not fool yet, `kept` elsewhere. */
function takeImages(
  kept: NdArray<'float32'>,
  from: NdArray<'float32'>,
  fooled: readonly boolean[],
): NdArray<'float32'> {
  const data = kept.data.slice();
  const size = data.length / fooled.length;
  for (const [n, done] of fooled.entries()) {
    if (!done) data.set(from.data.subarray(n * size, (n + 1) * size), n * size);
  }
  return float32(data, kept.shape);
}
