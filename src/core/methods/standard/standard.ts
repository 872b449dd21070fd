import type { Method } from '../method';

/** Ordinary training: natural images, true labels. */
export function createStandard(): Method {
  return {
    prepare: ({ images, targets }) => Promise.resolve([images, targets]),
    preview: ({ images }) =>
      Promise.resolve({
        columns: [{ key: 'x', title: 'x', kind: 'image', data: images, predict: true }],
        epsilon: 0,
      }),
    dispose: () => Promise.resolve(),
  };
}
