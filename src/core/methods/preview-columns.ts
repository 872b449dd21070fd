import type { NdArray } from '../engine/arrays/nd-array';
import type { InnerAttackParameters } from './inner-attack-parameters';
import type { Preview, PreviewColumn } from './method';

type Heading = Pick<PreviewColumn, 'title' | 'symbol' | 'name' | 'about'>;

export const cleanHeading = { symbol: 'x', name: 'clean' } as const;
export const perturbationHeading = { symbol: 'δ', name: 'amplified' } as const;
export const adversarialHeading = { symbol: 'x + δ', name: 'adversarial' } as const;

/** Images, float32 [N, H, W, C], with the network's answer on each. */
export function imageColumn(key: string, heading: Heading, data: NdArray<'float32'>): PreviewColumn {
  return { key, ...heading, kind: 'image', data, predict: true };
}

/** The images as the data set has them. */
export function cleanColumn(images: NdArray<'float32'>): PreviewColumn {
  return imageColumn('x', { title: 'x', ...cleanHeading }, images);
}

/** What was added to an image, float32 [N, H, W, C]. */
export function perturbationColumn(
  delta: NdArray<'float32'>,
  heading: Heading = { title: 'δ', ...perturbationHeading },
): PreviewColumn {
  return { key: 'delta', ...heading, kind: 'perturbation', data: delta, predict: false };
}

/** The attacked images. */
export function adversarialColumn(
  images: NdArray<'float32'>,
  heading: Heading = { title: 'x + δ', ...adversarialHeading },
): PreviewColumn {
  return imageColumn('xAdv', heading, images);
}

/** What perturbations are amplified by: epsilon where it bounds pixels, otherwise each by its own largest change. */
export function amplifiedBy({
  norm,
  epsilon,
}: Pick<InnerAttackParameters, 'norm' | 'epsilon'>): Pick<Preview, 'epsilon'> {
  return norm === 'linf' ? { epsilon } : {};
}
