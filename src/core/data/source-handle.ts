import * as z from 'zod';
import { namedDataset } from './named-dataset';

/** Values of images: bytes, or floats in [0, 1]. */
export type Pixels = Uint8Array | Float32Array;

const memoryArrays = z
  .object({
    split: z.string(),
    count: z.int(),
    height: z.int(),
    width: z.int(),
    channels: z.int(),
    /** NHWC, one byte a value, or floats in [0, 1]. */
    images: z.custom<Pixels>((value) => value instanceof Uint8Array || value instanceof Float32Array),
    /** One class index an image. */
    labels: z.custom<Int32Array>((value) => value instanceof Int32Array),
    /** Where only some of the `count` images are there: the row of each in both, by its index. */
    rows: z.map(z.int(), z.int()).readonly().optional(),
  })
  .readonly();
/** Images and labels in memory. */
export type MemoryArrays = z.output<typeof memoryArrays>;

/** How another thread opens the images of a source. Memory that threads share is not copied. */
export const sourceHandle = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('memory'), arrays: memoryArrays }),
  z.object({ kind: z.literal('dataset'), parameters: namedDataset, split: z.enum(['train', 'test']) }),
]);
export type SourceHandle = z.output<typeof sourceHandle>;
