import type { CreateMethod } from './method';
import type { StandardParameters } from './method-schema';

/** Ordinary training: natural images, true labels. */
export const createStandard: CreateMethod<StandardParameters> = () => ({
  prepare: ({ images }) => Promise.resolve(images),
  preview: ({ images }) =>
    Promise.resolve({
      columns: [{ key: 'x', title: 'x', kind: 'image', data: images, predict: true }],
      epsilon: 0,
    }),
  dispose: () => Promise.resolve(),
});
