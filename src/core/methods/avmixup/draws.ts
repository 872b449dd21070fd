import type * as z from 'zod';
import { float32, type NdArray } from '../../engine/arrays/nd-array';
import type { Random } from '../../random';
import { floatArray } from '../draws';
import { startDraws } from '../inner-attack-parameters';

export const avmixupDraws = startDraws.extend({
  /** Of the image beside its vertex, in [0, 1], float32 [N]. */
  weight: floatArray,
});
export type AvmixupDraws = z.output<typeof avmixupDraws>;

/** Uniform in [0, 1), one an image: float32 [count]. */
export function drawWeights(count: number, random: Random): NdArray<'float32'> {
  const weights = new Float32Array(count);
  random.fillUniform(weights, 0, 1);
  return float32(weights, [count]);
}
