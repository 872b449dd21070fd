import { version } from '../../../package.json';
import { DRAWS_VERSION } from '../attacks/base/image-streams';
import { M2atError } from '../errors';
import type { RunRecord } from '../records/run-files';

/**
 * Refuses to go on with a run whose attacks drew other random numbers: its results would be a mixture.
 * @param draws of the run; absent in records of the first versions
 * @param otherwise what a person can do instead, such as `Start the attack anew`
 * @throws M2atError `bad-input`
 */
export function assertSameDraws(
  draws = 1,
  { id, versions }: Pick<RunRecord, 'id' | 'versions'>,
  otherwise: string,
): void {
  if (draws === DRAWS_VERSION) return;
  throw new M2atError(
    'bad-input',
    `the attacks of ${id} drew random numbers by rule ${draws}, and this version draws by rule ${DRAWS_VERSION}`,
    {
      hint: `Going on would mix results that can't be compared. ${otherwise}, or go on with ${beganWith({ versions })}.`,
    },
  );
}

/** What can go on with a run that this version can't. */
export function beganWith({ versions: { m2at } }: Pick<RunRecord, 'versions'>): string {
  const named = m2at !== undefined && m2at !== version;
  return named ? `M2AT ${m2at}, which began it` : 'the version of M2AT that began it';
}
