import * as z from 'zod';
import { sizeOf, type NdArray } from '../engine/arrays/nd-array';

const shape = z.array(z.int().min(0)).readonly();

/** A float32 array, for what a method draws. */
export const floatArray = z
  .object({
    dtype: z.literal('float32'),
    shape,
    data: z.custom<Float32Array>((value) => value instanceof Float32Array),
  })
  .refine(isFilled);

/** The same of whole numbers. */
export const intArray = z
  .object({
    dtype: z.literal('int32'),
    shape,
    data: z.custom<Int32Array>((value) => value instanceof Int32Array),
  })
  .refine(isFilled);

/** What a method draws at random for a batch, by name; what it does not need in some setting is left out. */
export const draws = z.record(z.string(), z.union([floatArray, intArray]).optional());
export type Draws = z.output<typeof draws>;

function isFilled({ shape, data }: NdArray): boolean {
  return data.length === sizeOf(shape);
}
