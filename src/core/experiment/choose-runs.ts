import { M2atError } from '../errors';
import type { ExperimentRun } from './parse-experiment';

/** Of a list of names more are not told. */
const SHOWN_NAMES = 20;

/**
 * The runs of a file with some names, in the order of the file.
 * @param names of runs, or of entries of `runs`, which are those of all runs that a sweep makes of it; absent: all
 * @param file for the message
 * @throws M2atError `bad-input` for a name that none has
 */
export function chooseRuns<Run extends Pick<ExperimentRun, 'name' | 'entry'>>(
  runs: readonly Run[],
  names: readonly string[] | undefined,
  file: string | undefined,
): readonly Run[] {
  if (!names) return runs;
  const known = new Set(runs.flatMap(({ name, entry }) => [name, ...(entry === undefined ? [] : [entry])]));
  const unknown = names.find((name) => !known.has(name));
  if (unknown !== undefined) {
    const shown = runs.slice(0, SHOWN_NAMES).map(({ name }) => name);
    const more = runs.length > shown.length ? ` and ${runs.length - shown.length} more` : '';
    throw new M2atError('bad-input', `has no run named "${unknown}"`, {
      ...(file !== undefined && { where: file }),
      hint: `It has: ${shown.join(', ')}${more}.`,
    });
  }
  const wanted = new Set(names);
  return runs.filter(({ name, entry }) => wanted.has(name) || (entry !== undefined && wanted.has(entry)));
}
