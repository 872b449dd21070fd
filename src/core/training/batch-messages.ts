import * as z from 'zod';
import { sourceHandle } from '../data/source-handle';
import { errorCodes } from '../errors';
import { draws, floatArray } from '../methods/draws';

/** Between a run and the thread that prepares its batches. */

const twoNumbers = z.tuple([z.number(), z.number()]);

/** What the thread is started with. */
export const batchThreadData = z.object({
  source: sourceHandle,
  /** Of generated images. */
  extra: sourceHandle.optional(),
  plan: z.object({
    batchSize: z.int(),
    stepsPerEpoch: z.int(),
    steps: z.int(),
    parts: z.int().optional(),
    seed: z.int(),
    classes: z.int(),
    augment: z.object({
      crop: z.int(),
      flip: z.boolean(),
      randomResizedCrop: z.object({ scale: twoNumbers, ratio: twoNumbers }).optional(),
    }),
    meanColour: z.array(z.number()),
    method: z.looseObject({ name: z.string() }),
    options: z.record(z.string(), z.unknown()),
    extraCount: z.int().optional(),
  }),
});
export type BatchThreadData = z.output<typeof batchThreadData>;

/** To the thread: the step whose batch it shall make. */
export const batchRequest = z.int().min(0);

/** From the thread: that it is ready, once; then a batch for each request, or why there is none, in order. */
export const batchAnswer = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready') }),
  z.object({
    type: z.literal('batch'),
    step: z.int(),
    batch: z.object({
      images: floatArray,
      labels: z.custom<Int32Array>((value) => value instanceof Int32Array),
      targets: floatArray,
      truth: floatArray.optional(),
      epsilonShare: z.number().optional(),
      draws,
    }),
  }),
  z.object({
    type: z.literal('failed'),
    step: z.int(),
    problem: z.object({
      /** Of an M2atError. */
      code: z.enum(errorCodes).optional(),
      what: z.string(),
      where: z.string().optional(),
      hint: z.string().optional(),
    }),
  }),
]);
export type BatchAnswer = z.output<typeof batchAnswer>;
