import type { LabelledImages } from '../../attacks/attack';
import type { NdArray } from '../../engine/nd-array';
import { difference } from '../difference';
import { createInnerAttack } from '../inner-attack';
import type { CreateMethod, MethodContext, PreviewColumn } from '../method';
import type { M2atParameters } from '../method-schema';
import { mixedLabels } from './labels';
import { drawMasks } from './mask';
import { drawLambda, mixImages, partialImages } from './mix';

/**
 * Masking and Mixing Adversarial Training. A PGD perturbation is split by a binary mask into two partially
 * perturbed images, x1 = x + M * delta and x2 = x + (1 - M) * delta; the network is trained with cross-entropy
 * on their mixture lambda * x1 + (1 - lambda) * x2.
 * Adachi, Hirakawa, Yamashita, Fujiyoshi, Ishii and Kozuka, VISAPP 2023, arXiv 2302.08066. The two processes
 * are the paper's; the distributions of mask and lambda and the labels are choices (docs/methods.md).
 */
export const createM2at: CreateMethod<M2atParameters> = (network, parameters) => {
  const attack = createInnerAttack(network, parameters);

  async function mix({ images, labels }: LabelledImages, { random, signal }: MethodContext) {
    const perturbed = await attack.perturb({ images, labels }, { random: random('pgd-start'), signal });
    const [count = 0, height = 0, width = 0] = images.shape;
    const mask = drawMasks(count, height, width, parameters.mask, random('mask'));
    const lambda = drawLambda(count, parameters.mixBeta, random('mix'));
    const { x1, x2 } = partialImages(images, perturbed, mask);
    return { perturbed, mask, lambda, x1, x2, xMix: mixImages(x1, x2, lambda) };
  }

  return {
    async prepare(batch, context) {
      const { xMix, mask, lambda } = await mix(batch, context);
      return {
        images: xMix,
        targets: mixedLabels(batch.labels, network.classes, mask, lambda, parameters.labels),
      };
    },
    async preview(batch, context) {
      const { perturbed, mask, lambda, x1, x2, xMix } = await mix(batch, context);
      const image = (key: string, title: string, data: NdArray<'float32'>): PreviewColumn => ({
        key,
        title,
        kind: 'image',
        data,
        predict: true,
      });
      const delta = difference(perturbed, batch.images);
      return {
        columns: [
          image('x', 'x', batch.images),
          { key: 'delta', title: 'δ', kind: 'perturbation', data: delta, predict: false },
          { key: 'mask', title: 'M', kind: 'mask', data: mask, predict: false },
          image('x1', 'x₁ = x + M·δ', x1),
          image('x2', 'x₂ = x + (1−M)·δ', x2),
          image('xMix', 'λ·x₁ + (1−λ)·x₂', xMix),
        ],
        lambda,
        epsilon: parameters.epsilon,
      };
    },
    dispose: () => attack.dispose(),
  };
};
