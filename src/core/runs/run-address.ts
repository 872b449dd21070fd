import path from 'node:path';
import { M2atError } from '../errors';
import { isRunId, runsDirectory } from '../records/run-paths';

export interface RunAddress {
  /** The run is in `<root>/.m2at/runs/<id>`. */
  readonly root: string;
  readonly id: string;
}

/**
 * A run by its id below a root, or by the path of its directory.
 * @throws M2atError `bad-input` for anything else
 */
export function runAddress(text: string, root: string): RunAddress {
  if (isRunId(text)) return { root, id: text };
  const folder = path.resolve(text);
  const id = path.basename(folder);
  const above = path.resolve(folder, '..', '..', '..');
  if (isRunId(id) && path.dirname(folder) === runsDirectory(above)) return { root: above, id };
  throw new M2atError('bad-input', `${JSON.stringify(text)} is no run`, {
    hint: 'Name its id, as `m2at runs` lists it, or its directory, .m2at/runs/<id>.',
  });
}
