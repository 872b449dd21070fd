import { isRunId } from './run-paths';

/** The training run that a checkpoint is of, and which of its networks it is. */
export interface CheckpointRun {
  readonly run: string;
  readonly network: 'last' | 'best';
}

const PLACE = /(?:^|[\\/])\.m2at[\\/]runs[\\/]([^\\/]+)[\\/]checkpoints[\\/](last|best)(?:[\\/]|$)/;

/**
 * The run whose directory a checkpoint lies in, as its path says it, wherever the root was when the path was written;
 * undefined for a checkpoint of anything else.
 * @param file path of the checkpoint, with the separators of any system
 */
export function runOfCheckpoint(file: string): CheckpointRun | undefined {
  const [, run, network] = PLACE.exec(file) ?? [];
  if (run === undefined || !isRunId(run)) return undefined;
  return { run, network: network === 'best' ? 'best' : 'last' };
}
