import * as z from 'zod';
import { float32, int32, type NdArray } from '../engine/arrays/nd-array';
import type { Random } from '../random';
import { drawLambda } from './draw-lambda';
import { floatArray, intArray } from './draws';

/** How images of a batch are mixed in pairs: mixup, Zhang et al., ICLR 2018. */
export const pairParameters = {
  alpha: z
    .number()
    .positive()
    .default(1)
    .describe(
      'lambda ~ Beta(alpha, alpha) is the share of an image beside its partner; more than 0 (the authors: 1).',
    ),
  lambdaPer: z
    .enum(['batch', 'image'])
    .default('batch')
    .describe('One lambda for the whole batch, as the authors of mixup have it, or one an image.'),
};
export type PairParameters = Readonly<z.output<z.ZodObject<typeof pairParameters>>>;

export const pairDraws = z.object({
  /** Share of each image in its mixture, in [0, 1]: float32 [N]. */
  lambda: floatArray,
  /** The image that has the rest: int32 [N], a permutation. */
  partner: intArray,
});
export type Pairs = z.output<typeof pairDraws>;

/** An image may be its own partner. */
export function drawPairs(count: number, { alpha, lambdaPer }: PairParameters, random: Random): Pairs {
  const lambda = drawLambda(lambdaPer === 'batch' ? 1 : count, alpha, random);
  const each = lambdaPer === 'batch' ? new Float32Array(count).fill(lambda.data[0] ?? NaN) : lambda.data;
  return {
    lambda: float32(each, [count]),
    partner: int32(Int32Array.from(random.permutation(count)), [count]),
  };
}

/**
 * lambda * row + (1 - lambda) * the row of its partner.
 * @param rows float32 [N, …]: images, or how much of each class they show
 */
export function mixedRows(
  { data, shape }: NdArray<'float32'>,
  { lambda, partner }: Pairs,
): NdArray<'float32'> {
  const count = partner.data.length;
  const size = data.length / count;
  const mixed = new Float32Array(data.length);
  for (let n = 0; n < count; n++) {
    const weight = lambda.data[n] ?? NaN;
    const other = (partner.data[n] ?? NaN) * size;
    for (let i = 0; i < size; i++) {
      mixed[n * size + i] = weight * (data[n * size + i] ?? NaN) + (1 - weight) * (data[other + i] ?? NaN);
    }
  }
  return float32(mixed, shape);
}
