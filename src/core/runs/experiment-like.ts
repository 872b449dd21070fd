import path from 'node:path';
import { M2atError } from '../errors';
import { withAbsoluteFolder } from '../experiment/absolute-folder';
import type { ExperimentLists, ResolvedExperiment } from '../experiment/experiment-schema';
import { experimentError } from '../experiment/load-experiment';
import { parseExperiment, type ExperimentRun, type ParsedExperiment } from '../experiment/parse-experiment';
import type { Settings } from '../experiment/set-settings';
import { builtIn } from '../registry/registry';
import { runDirectory } from '../records/run-paths';
import { assertExists, readExperiment, readRecord } from './run-store';

/** A run that does what another one did, but for some settings. */
export interface LikeRun {
  /** Id of a training run. */
  readonly run: string;
  readonly set: Settings;
}

/**
 * What a run like another one is to do: its settings, changed, and checked as those of a file are.
 * @throws M2atError `bad-input` when there is no such run, it is no training run, or a setting is wrong; otherwise as
 * `readExperiment`
 */
export async function experimentLike(
  root: string,
  { run, set }: LikeRun,
  lists: ExperimentLists = builtIn,
): Promise<ExperimentRun> {
  await assertExists(runDirectory(root, run), run);
  const { kind } = await readRecord(root, run);
  if (kind !== 'train') {
    throw new M2atError('bad-input', `${run} is an attack, and has no settings of a training`, {
      hint: '`m2at runs` lists the runs of a folder, and what they are.',
    });
  }
  const { runs, problems } = changedExperiment(await readExperiment(root, run, lists), set, lists);
  const [changed] = runs ?? [];
  if (!changed) {
    throw experimentError(problems ?? [], {
      where: `the settings of ${run}, changed`,
      hint: 'Correct what is set and start again; experiment.json of the run has every setting.',
    });
  }
  const { name, experiment } = changed;
  return { name, experiment: withAbsoluteFolder(experiment, path.join(root, 'experiment'), lists) };
}

/** The settings of a run, changed. They mean what they meant when it began. */
export function changedExperiment(
  { recipe, ...settings }: ResolvedExperiment,
  set: Settings,
  lists: ExperimentLists = builtIn,
): ParsedExperiment {
  if (set.recipe !== undefined) {
    const message =
      'fills what a file leaves open, and a run leaves nothing open; name the recipe in an experiment file';
    return { problems: [{ field: 'recipe', message, offset: 0, length: 1 }] };
  }
  const parsed = parseExperiment(JSON.stringify(settings), lists, { isRecord: true, set });
  // Unchanged, it is still the setting of that paper.
  const isSame = Object.keys(set).every((key) => key === 'name');
  if (!parsed.runs || recipe === undefined || !isSame) return parsed;
  return {
    runs: parsed.runs.map(({ name, experiment }) => ({ name, experiment: { ...experiment, recipe } })),
  };
}
