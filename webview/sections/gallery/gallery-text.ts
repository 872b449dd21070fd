import * as format from '../../text/format';
import type { OutcomeFilterValue } from './gallery-view';

type Counts = Readonly<Record<OutcomeFilterValue, number>>;

/** The filters of the gallery. */
export const outcomeNames: Readonly<Record<OutcomeFilterValue, string>> = {
  all: 'All',
  fooled: 'Fooled',
  robust: 'Robust',
  misclassified: 'Wrong before',
};

/**
 * What a filter of the gallery is called: `Fooled (15 of 60)`.
 * @param pictures with this outcome
 * @param images with this outcome, where they are known: a gallery has pictures of some
 */
export function filterLabel(
  outcome: OutcomeFilterValue,
  pictures: Counts,
  images: Counts | undefined,
): string {
  const counted = countText(outcome, pictures, images, outcome === 'all');
  return `${outcomeNames[outcome]} (${counted})`;
}

function countText(
  outcome: OutcomeFilterValue,
  pictures: Counts,
  images: Counts | undefined,
  inWords: boolean,
): string {
  const shown = pictures[outcome];
  const all = images?.[outcome];
  const left = inWords ? format.counted(shown, 'picture') : format.integer(shown);
  // Pictures of an attack that goes on may be ahead of its report.
  if (all === undefined || all < shown) return left;
  return `${left} of ${inWords ? format.counted(all, 'image') : format.integer(all)}`;
}

/** The line over the gallery: `25 pictures of 30 images under pgd-20 linf 8/255`. */
export function galleryCaption(title: string, pictures: Counts, images: Counts | undefined): string {
  return `${countText('all', pictures, images, true)} under ${title}`;
}

/** What stands in the place of pictures where a filter leaves none. */
export function emptyText(outcome: OutcomeFilterValue, images: Counts | undefined): string {
  const count = images?.[outcome] ?? 0;
  if (count === 0) return 'No image came out this way.';
  const what = format.counted(count, 'image');
  return outcome === 'misclassified'
    ? `${what} ${count === 1 ? 'was' : 'were'} classified wrongly before the attack: not attacked, so there are no pictures.`
    : `${what} came out this way, and ${count === 1 ? 'is' : 'are'} not among the pictures that were kept.`;
}
