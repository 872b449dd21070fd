import type { Refusals } from './define-method';

const MIXES = 'it mixes the images of the batch itself';

/** What has no meaning beside a method that mixes images in pairs, and their labels. */
export const mixesPairs: Refusals = {
  labelSmoothing: 'its labels are soft already, by how much of each class an image shows',
  mixup: MIXES,
  cutmix: MIXES,
};
