import * as z from 'zod';
import { float32, int32 } from '../../../engine/arrays/nd-array';
import { defineOption } from '../../define-option';
import type { BatchImages } from '../../define-method';
import { showMixed } from '../../changed-columns';
import { intArray } from '../../draws';
import { besideMixedImages } from '../../mixes-pairs';
import type { Pairs } from '../../pairs';
import { mixedBatch, withImages } from '../../with-images';
import { drawBox, shareOutside, withBoxes } from './box';

const draws = z.object({ cutmixBox: intArray, cutmixPartner: intArray });

/** Which image each one has a box of, and how much of itself is left. */
function pairsOf(
  { cutmixBox, cutmixPartner: partner }: z.output<typeof draws>,
  { images }: Pick<BatchImages, 'images'>,
): Pairs {
  const lambda = shareOutside(cutmixBox, images.shape);
  return { lambda: float32(lambda, [lambda.length]), partner };
}

const heading = { title: 'x: x₀ with a box of x̃₀', name: 'mixed' };

/** A box of another image of the batch in each of the clean ones. Yun et al., ICCV 2019. */
export const cutmix = defineOption({
  name: 'cutmix',
  schema: z
    .strictObject({
      alpha: z
        .number()
        .positive()
        .default(1)
        .describe(
          'lambda ~ Beta(alpha, alpha) is the share of the image outside of the box, before it is clipped to the image; more than 0 (the authors: 1).',
        ),
      probability: z
        .number()
        .min(0)
        .max(1)
        .default(0.5)
        .describe('Of a batch that is mixed, from 0 to 1 (the authors: 0.5 on CIFAR, 1 on ImageNet).'),
    })
    .describe(
      'Puts a box of another image into each clean one, and mixes classes by area (Yun et al., ICCV 2019).',
    ),
  refuses: () => besideMixedImages,
  apply:
    ({ alpha, probability }) =>
    (method) =>
      withImages(method, {
        draws,
        draw({ images: { shape } }, random) {
          const [count = 0, height = 0, width = 0] = shape;
          const stream = random('option-cutmix');
          const mixes = stream.uniform() < probability;
          const box = mixes ? drawBox(height, width, stream.beta(alpha, alpha), stream) : [0, 0, 0, 0];
          const partner = stream.permutation(count);
          return {
            cutmixBox: int32(
              Int32Array.from({ length: 4 * count }, (_, i) => box[i % 4] ?? 0),
              [count, 4],
            ),
            cutmixPartner: int32(Int32Array.from(partner), [count]),
          };
        },
        change(batch, drawn) {
          const { cutmixBox: box, cutmixPartner: partner } = drawn;
          return mixedBatch(batch, withBoxes(batch.images, box, partner), pairsOf(drawn, batch));
        },
        show: (preview, { draws, ...batch }) => showMixed(preview, batch, pairsOf(draws, batch), heading),
      }),
});
