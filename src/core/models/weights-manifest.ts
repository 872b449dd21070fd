import * as z from 'zod';

/** An element of `weightsManifest[].weights`. `dtype` stays open here: a wrong one has a message of its own. */
export const weightSpec = z.looseObject({
  name: z.string().min(1).max(1000),
  shape: z.array(z.int().min(0)).max(8),
  dtype: z.string(),
  quantization: z.unknown().optional(),
});

export const weightGroup = z.looseObject({
  paths: z.array(z.string().min(1).max(1000)).min(1).max(10_000),
  weights: z.array(weightSpec).max(100_000),
});
export type WeightGroup = z.output<typeof weightGroup>;
