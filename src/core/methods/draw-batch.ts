import type { LabelledImages } from '../attacks/base/attack';
import { drawRandomStart } from '../attacks/budget/random-start';
import { oneHot } from '../data/batch';
import type { NdArray } from '../engine/arrays/nd-array';
import type { Random } from '../random';
import { mixedLabels } from './m2at/labels';
import { drawLambda } from './m2at/lambda';
import { drawMasks } from './m2at/mask';
import type { DrawnBatch } from './method';
import type { MethodParameters } from './method-schema';

/** What a method draws random numbers for; each purpose has its own stream. */
export type MethodPurpose = 'pgd-start' | 'mask' | 'mix';

/**
 * Draws what a method needs for a batch. Runs in a thread that loads neither TF.js nor ONNX Runtime.
 * @param random the stream of a purpose for this batch
 */
export function drawBatch(
  parameters: MethodParameters,
  { images, labels }: LabelledImages,
  classes: number,
  random: (purpose: MethodPurpose) => Random,
): DrawnBatch {
  switch (parameters.name) {
    case 'standard':
      return { images, labels, targets: oneHot(labels, classes) };
    case 'pgd-at':
      return {
        images,
        labels,
        targets: oneHot(labels, classes),
        start: drawStart(parameters, images, random),
      };
    case 'm2at': {
      const [count = 0, height = 0, width = 0] = images.shape;
      const mask = drawMasks(count, height, width, parameters.mask, random('mask'));
      const lambda = drawLambda(count, parameters.mixBeta, random('mix'));
      const targets = mixedLabels(labels, classes, mask, lambda.data, parameters.labels);
      return { images, labels, targets, start: drawStart(parameters, images, random), mask, lambda };
    }
  }
}

function drawStart(
  { randomStart, epsilon }: { readonly randomStart: boolean; readonly epsilon: number },
  { shape }: NdArray,
  random: (purpose: MethodPurpose) => Random,
): NdArray<'float32'> | undefined {
  if (!randomStart) return undefined;
  const stream = random('pgd-start');
  return drawRandomStart('linf', shape, epsilon, Array<Random>(shape[0] ?? 0).fill(stream));
}
