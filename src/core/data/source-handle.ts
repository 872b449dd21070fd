import * as z from 'zod';
import { namedDataset } from './named-dataset';
import { pictureHandle } from './pictures/picture-handle';

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

/** Images that stay in their file, one after the other: of a `.npy`, or of an array that is stored in a `.npz` as it is. */
const fileRows = z
  .object({
    split: z.string(),
    file: z.string(),
    /** Where the first image begins. */
    offset: z.int(),
    type: z.enum(['|u1', '<f4', '<f8']),
    order: z.enum(['NHWC', 'NCHW']),
    count: z.int(),
    height: z.int(),
    width: z.int(),
    channels: z.int(),
    labels: z.custom<Int32Array>((value) => value instanceof Int32Array),
  })
  .readonly();
export type FileRows = z.output<typeof fileRows>;

const wholeHandles = [
  z.object({ kind: z.literal('memory'), arrays: memoryArrays }),
  z.object({ kind: z.literal('file'), rows: fileRows }),
  z.object({ kind: z.literal('dataset'), parameters: namedDataset, split: z.enum(['train', 'test']) }),
  pictureHandle,
] as const;

const partHandle = z.object({
  kind: z.literal('part'),
  get whole(): z.ZodType<SourceHandle> {
    return sourceHandle;
  },
  /** Of its images in the whole, in order. */
  indices: z.custom<Uint32Array>((value) => value instanceof Uint32Array),
  split: z.string(),
});

/** How another thread opens the images of a source. Memory that threads share is not copied. */
export type SourceHandle =
  | z.output<(typeof wholeHandles)[number]>
  | {
      readonly kind: 'part';
      readonly whole: SourceHandle;
      readonly indices: Uint32Array;
      readonly split: string;
    };
export const sourceHandle: z.ZodType<SourceHandle> = z.discriminatedUnion('kind', [
  ...wholeHandles,
  partHandle,
]);
