import type { Refusals } from './define-method';

const MIXES = 'it mixes the images of the batch itself';

/** What has no meaning beside images that are mixed in pairs, with their labels. */
export const besideMixedImages: Refusals = {
  labelSmoothing: 'its labels are soft already, by how much of each class an image shows',
};

/** What has no meaning beside a method that mixes them. */
export const mixesPairs: Refusals = { ...besideMixedImages, mixup: MIXES, cutmix: MIXES };
