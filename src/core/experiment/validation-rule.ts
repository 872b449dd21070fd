import type { DatasetDefinition, DatasetParameters } from '../data/define-dataset';
import type { ResolvedExperiment } from './experiment-schema';

/** Share of the training images where nothing else is said. */
const USUAL_SHARE = 0.02;
/** Of `auto`: more are not needed to choose a network by. */
const MOST_BY_ITSELF = 1000;

/** How many images a data set has. */
export interface ImageCounts {
  /** Training images that an experiment asks for, before any are held out. */
  readonly train: number;
  /** Training images that there are, those that `dataset.trainCount` leaves out included. Absent: no others. */
  readonly all?: number | undefined;
  /** Test images that an experiment asks for. Absent: not known. */
  readonly test?: number | undefined;
  /** Images that the data set itself keeps for validation. Absent: not known. */
  readonly own?: number | undefined;
}

/** Images that are held out for validation. */
export interface HeldOut {
  readonly count: number;
  /**
   * `training`: drawn by the seed. `left-out`: the first ones after those that are asked for. `data-set`: those that the data
   * set keeps for that.
   */
  readonly from: 'training' | 'left-out' | 'data-set';
}

/** Images where only the files tell how many: what depends on it is checked again once they are open. */
const UNCOUNTED = 1e9;

/** As far as it is known before the images are there. */
export function imageCounts(
  { name, trainCount, testCount }: DatasetParameters,
  datasets: readonly DatasetDefinition[],
): ImageCounts {
  const { counts } = datasets.find((one) => one.name === name)?.facts ?? {};
  const all = counts?.train ?? UNCOUNTED;
  return { train: trainCount ?? all, all, test: testCount ?? counts?.test };
}

/** Undefined without `training.validation`: none are held out, which is what runs of earlier versions mean by that. */
export function heldOut(
  { validation }: Pick<ResolvedExperiment['training'], 'validation'>,
  { train, all = train, own = 0 }: ImageCounts,
): HeldOut | undefined {
  if (validation === undefined) return undefined;
  if (validation === 'auto') {
    if (own > 0) return { count: own, from: 'data-set' };
    const ofAll = Math.min(MOST_BY_ITSELF, shareOf(USUAL_SHARE, all));
    return all - train >= ofAll
      ? { count: ofAll, from: 'left-out' }
      : { count: Math.min(MOST_BY_ITSELF, shareOf(USUAL_SHARE, train)), from: 'training' };
  }
  if (typeof validation === 'number') {
    return { count: validation < 1 ? shareOf(validation, train) : validation, from: 'training' };
  }
  const { count, share = USUAL_SHARE, from = 'training' } = validation;
  if (from === 'data-set') return { count: count ?? own, from };
  return { count: count ?? shareOf(share, train), from };
}

/** How many training images the rule may want beside those that are asked for. */
export function mostLeftOut(
  training: Pick<ResolvedExperiment['training'], 'validation'>,
  train: number,
): number {
  if (training.validation === 'auto') return MOST_BY_ITSELF;
  const held = heldOut(training, { train });
  return held?.from === 'left-out' ? held.count : 0;
}

/** Images that are left to train on. */
export function trainedCount(training: ResolvedExperiment['training'], images: ImageCounts): number {
  const held = heldOut(training, images);
  return images.train - (held?.from === 'training' ? held.count : 0);
}

/**
 * An experiment that says its rule as an object, so that its record says what it did. One without a rule stays so: it is
 * a run's that began when none meant that no images are held out.
 */
export function withValidationRule<Experiment extends Pick<ResolvedExperiment, 'training'>>(
  experiment: Experiment,
  images: ImageCounts,
): Experiment {
  const { training } = experiment;
  const { validation } = training;
  if (validation === undefined || typeof validation === 'object') return experiment;
  if (typeof validation === 'number') {
    const rule = validation < 1 ? { share: validation } : { count: validation };
    return { ...experiment, training: { ...training, validation: rule } };
  }
  const { count, from } = heldOut(training, images) ?? { count: 0, from: 'training' };
  const rule = { count, ...(from !== 'training' && { from }) };
  return { ...experiment, training: { ...training, validation: rule } };
}

/** At least one: a share of few images is none otherwise. */
function shareOf(share: number, count: number): number {
  return Math.max(1, Math.round(share * count));
}
