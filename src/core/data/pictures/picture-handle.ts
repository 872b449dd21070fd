import * as z from 'zod';
import { fitPolicies } from './fit-picture';
import { pictureStore } from './picture-store';

/** Everything that says how pictures are read: another thread opens them by it. */
export const pictureHandle = z.object({
  kind: z.literal('pictures'),
  split: z.string(),
  /** Of all images, which are squares unless they are taken as they are. */
  height: z.int(),
  width: z.int(),
  channels: z.union([z.literal(1), z.literal(3)]),
  /** How a picture of another size becomes one of this size; absent: there is none, or it is an error. */
  fit: z.enum(fitPolicies).optional(),
  store: pictureStore,
  /** One class index an image. */
  labels: z.custom<Int32Array>((value) => value instanceof Int32Array),
});
export type PictureHandle = Readonly<z.output<typeof pictureHandle>>;
