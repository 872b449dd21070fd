import * as z from 'zod';
import { methodParameters } from '../methods/method-schema';

/** Between a run and the thread that prepares its batches. */

const sharedBytes = z
  .instanceof(Uint8Array)
  .refine((bytes) => bytes.buffer instanceof SharedArrayBuffer, 'expected memory that threads share');

/** What the thread is started with. */
export const batchThreadData = z.object({
  set: z.object({
    images: sharedBytes,
    labels: sharedBytes,
    count: z.int(),
    height: z.int(),
    width: z.int(),
    channels: z.int(),
  }),
  plan: z.object({
    batchSize: z.int(),
    stepsPerEpoch: z.int(),
    steps: z.int(),
    seed: z.int(),
    classes: z.int(),
    augment: z.object({ crop: z.int(), flip: z.boolean() }),
    method: methodParameters,
  }),
});
export type BatchThreadData = z.output<typeof batchThreadData>;

/** To the thread: the step whose batch it shall make. */
export const batchRequest = z.int().min(0);

const floats = z.object({
  dtype: z.literal('float32'),
  shape: z.array(z.int()).readonly(),
  data: z.custom<Float32Array>((value) => value instanceof Float32Array),
});

/** From the thread: that it is ready, once; then a batch for each request, in order. */
export const batchAnswer = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready') }),
  z.object({
    type: z.literal('batch'),
    step: z.int(),
    batch: z.object({
      images: floats,
      labels: z.custom<Int32Array>((value) => value instanceof Int32Array),
      targets: floats,
      start: floats.optional(),
      mask: floats.optional(),
      lambda: floats.optional(),
    }),
  }),
]);
export type BatchAnswer = z.output<typeof batchAnswer>;
