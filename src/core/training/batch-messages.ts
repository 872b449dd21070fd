import * as z from 'zod';
import { draws, floatArray } from '../methods/draws';

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
    method: z.looseObject({ name: z.string() }),
  }),
});
export type BatchThreadData = z.output<typeof batchThreadData>;

/** To the thread: the step whose batch it shall make. */
export const batchRequest = z.int().min(0);

/** From the thread: that it is ready, once; then a batch for each request, in order. */
export const batchAnswer = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready') }),
  z.object({
    type: z.literal('batch'),
    step: z.int(),
    batch: z.object({
      images: floatArray,
      labels: z.custom<Int32Array>((value) => value instanceof Int32Array),
      targets: floatArray,
      draws,
    }),
  }),
]);
export type BatchAnswer = z.output<typeof batchAnswer>;
