import type * as z from 'zod';
import { floatArray } from '../draws';
import { startDraws } from '../inner-attack-parameters';

export const m2atDraws = startDraws.extend({
  /** 0 or 1, float32 [N, H, W, 1]. */
  mask: floatArray,
  /** Mixing coefficients in [0, 1], float32 [N]. */
  lambda: floatArray,
});
export type M2atDraws = z.output<typeof m2atDraws>;
