import { readFile } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { draws, floatArray } from '../../../src/core/methods/draws';
import { root } from '../../support/root';

const encoded = z.object({
  shape: z.array(z.int()),
  data: z.base64(),
  dtype: z.enum(['float32', 'int32']).default('float32'),
});

function decoded({ shape, data, dtype }: z.output<typeof encoded>): object {
  const { buffer } = Uint8Array.from(Buffer.from(data, 'base64'));
  return { dtype, shape, data: dtype === 'int32' ? new Int32Array(buffer) : new Float32Array(buffer) };
}

const array = encoded.transform(decoded).pipe(floatArray);
const arrays = z.record(z.string(), array);
const drawn = z.record(z.string(), encoded.transform(decoded)).transform((value) => draws.parse(value));

/** Two steps of a method as `test/reference/methods` computes them. */
const methodVector = z.object({
  method: z.looseObject({ name: z.string() }),
  options: z.record(z.string(), z.unknown()),
  training: z.looseObject({ learningRate: z.number() }),
  model: z.looseObject({ name: z.string() }),
  normalization: z.object({ mean: z.array(z.number()), std: z.array(z.number()) }),
  classes: z.int(),
  /** Weights by name, moving statistics included. */
  initial: arrays,
  /** Of the first batch in eval mode, before the first step; vectors of networks have them. */
  logits: array.optional(),
  batches: z.array(z.object({ images: array, labels: z.array(z.int()), draws: drawn })),
  steps: z.array(
    z.object({
      loss: z.number(),
      /** After the step: after the first one, gradients with weight decay. Of Adam, the mean gradients. */
      velocities: arrays,
      /** Of Adam: the mean squared gradients. */
      squares: arrays.optional(),
      weights: arrays,
      /** Of the network that is evaluated, where it is another one. */
      evaluated: arrays.optional(),
    }),
  ),
});
export type MethodVector = z.output<typeof methodVector>;

/** Of methods and options, and of networks. */
export const vectorFolders = ['methods', 'networks'].map((name) =>
  path.join(root, 'test', 'reference', name),
);

export async function readMethodVector(file: string): Promise<MethodVector> {
  const content: unknown = JSON.parse(await readFile(file, 'utf8'));
  return methodVector.parse(content);
}
