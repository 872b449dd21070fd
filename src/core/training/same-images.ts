import type { Dataset } from '../data/dataset';
import { M2atError } from '../errors';
import type { RunRecord } from '../records/run-files';

/**
 * Checks that a data set has the images that a run began with.
 * @param record the run's; one of an earlier version does not say it
 * @throws M2atError `data`
 */
export function assertSameImages({ images }: Pick<RunRecord, 'images'>, dataset: Dataset): void {
  if (images === undefined || dataset.fingerprint === undefined || images === dataset.fingerprint) return;
  throw new M2atError('data', 'the files of the data set are not those that the run began with', {
    where: dataset.name,
    hint: 'Files were added, removed or changed. Put them back to go on, or start a new run.',
  });
}
