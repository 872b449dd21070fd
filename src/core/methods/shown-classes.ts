import { oneHot } from '../data/batch';
import type { NdArray } from '../engine/arrays/nd-array';
import type { DrawnBatch } from './method';

/** What an attack leads away from: the true classes, also where the network is trained on smoothed ones. [N, classes] */
export function shownClasses(
  { labels, truth }: Pick<DrawnBatch, 'labels' | 'truth'>,
  { classes }: { readonly classes: number },
): NdArray<'float32'> {
  return truth ?? oneHot(labels, classes);
}
