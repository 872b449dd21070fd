import * as z from 'zod';
import { defineOption } from '../../define-option';
import { showMixed } from '../../changed-columns';
import { floatArray, intArray } from '../../draws';
import { drawPairs, mixedRows, pairParameters } from '../../pairs';
import { mixedBatch, withImages } from '../../with-images';
import { besideMixedImages } from '../../mixes-pairs';

const heading = { title: 'x = λ₀·x₀ + (1−λ₀)·x̃₀', name: 'mixed' };

/** Mixed pairs of the clean images, whatever a method does with them then. Zhang et al., ICLR 2018. */
export const mixup = defineOption({
  name: 'mixup',
  schema: z
    .strictObject(pairParameters)
    .describe('Mixes the clean images in pairs, and their classes (Zhang et al., ICLR 2018).'),
  refuses: () => ({ ...besideMixedImages, cutmix: 'it mixes the images in pairs, too' }),
  apply: (parameters) => (method) =>
    withImages(method, {
      draws: z.object({ mixupLambda: floatArray, mixupPartner: intArray }),
      draw({ labels }, random) {
        const { lambda, partner } = drawPairs(labels.length, parameters, random('option-mixup'));
        return { mixupLambda: lambda, mixupPartner: partner };
      },
      change(batch, { mixupLambda: lambda, mixupPartner: partner }) {
        const pairs = { lambda, partner };
        return mixedBatch(batch, mixedRows(batch.images, pairs), pairs);
      },
      show(preview, { draws: { mixupLambda: lambda, mixupPartner: partner }, ...batch }) {
        return showMixed(preview, batch, { lambda, partner }, heading);
      },
    }),
});
