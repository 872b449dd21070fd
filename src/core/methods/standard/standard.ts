import type { Method } from '../method';
import { cleanColumn } from '../preview-columns';

/** Ordinary training: natural images, true labels. */
export function createStandard(): Method {
  return {
    prepare: ({ images, targets }) => Promise.resolve([images, targets]),
    preview: ({ images }) => Promise.resolve({ columns: [cleanColumn(images)] }),
    dispose: () => Promise.resolve(),
  };
}
