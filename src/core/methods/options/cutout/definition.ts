import * as z from 'zod';
import { int32 } from '../../../engine/arrays/nd-array';
import { defineOption } from '../../define-option';
import { showChanged } from '../../changed-columns';
import { intArray } from '../../draws';
import { withImages } from '../../with-images';
import { withoutSquares } from './square';

const heading = { name: 'cut out', about: 'with a square of the mean colour' };

/** A square of each clean image, filled with the mean colour. DeVries and Taylor, arXiv 1708.04552. */
export const cutout = defineOption({
  name: 'cutout',
  schema: z
    .strictObject({
      size: z
        .int()
        .min(2)
        .max(1024)
        .default(16)
        .describe(
          'Side of the square in pixels, at least 2; an odd one is rounded down to even (the authors: 16 on CIFAR-10, 8 on CIFAR-100).',
        ),
    })
    .describe(
      'Fills a square of each clean image with the mean colour of the training images (DeVries and Taylor, arXiv 1708.04552).',
    ),
  apply:
    ({ size }) =>
    (method) =>
      withImages(method, {
        draws: z.object({ cutoutCentre: intArray }),
        draw({ images: { shape } }, random) {
          const [count = 0, height = 0, width = 0] = shape;
          const stream = random('option-cutout');
          const centres = Int32Array.from({ length: 2 * count }, (_, i) =>
            stream.int(i % 2 === 0 ? height : width),
          );
          return { cutoutCentre: int32(centres, [count, 2]) };
        },
        change: (batch, { cutoutCentre }) => ({
          ...batch,
          images: withoutSquares(batch.images, cutoutCentre, size, batch.meanColour),
        }),
        show: (preview) => showChanged(preview, heading),
      }),
});
