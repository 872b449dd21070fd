import path from 'node:path';
import { M2atError } from '../errors';
import { namesIn } from '../files/list-folder';
import { readError } from '../files/open-for-reading';
import { readText } from '../files/text';
import { runFile } from '../records/run-paths';
import { builtIn } from '../registry/registry';
import { withAbsoluteFolder } from './absolute-folder';
import type { ExperimentLists } from './experiment-schema';
import { MAX_EXPERIMENT_LENGTH } from './experiment-tree';
import { parseExperiment, problemLine, type ExperimentProblem, type ExperimentRun } from './parse-experiment';
import type { Settings } from './set-settings';

/** A file that is no experiment at all would fill the screen. */
const SHOWN_PROBLEMS = 10;

/**
 * Reads an experiment file. Relative paths inside it are taken from its own folder.
 * @param set laid over each of its runs
 * @param text what it says, where that is known: the file is not read then
 * @throws M2atError `bad-input` that lists every problem with its field, value and remedy.
 */
export async function loadExperiment(
  file: string,
  lists: ExperimentLists = builtIn,
  set?: Settings,
  text?: string,
): Promise<readonly ExperimentRun[]> {
  const parsed = parseExperiment(text ?? (await experimentText(file)), lists, {
    isRecord: await isOfRun(file),
    set,
  });
  if (parsed.problems) {
    const what = set ? 'the file, or what --set says,' : 'the file';
    throw experimentError(parsed.problems, {
      where: file,
      hint: `Correct ${what} and start again; media/experiment.schema.json lists every key.`,
    });
  }
  return parsed.runs.map((run) => ({ ...run, experiment: withAbsoluteFolder(run.experiment, file, lists) }));
}

/** Problems of an experiment as one error. */
export function experimentError(
  problems: readonly ExperimentProblem[],
  details: { readonly where: string; readonly hint: string },
): M2atError {
  const lines = problems.map(problemLine);
  const [first = '', ...others] = lines.slice(0, SHOWN_PROBLEMS);
  const more = lines.length - SHOWN_PROBLEMS;
  return new M2atError('bad-input', first, {
    ...details,
    lines: [...others, ...(more > 0 ? [`and ${more} more`] : [])],
  });
}

/** Whether it is what a run directory keeps: trained again, it does what that run did. */
async function isOfRun(file: string): Promise<boolean> {
  if (path.basename(file) !== runFile.experiment) return false;
  return (await namesIn(path.dirname(file))).includes(runFile.record);
}

/** What an experiment file says. @throws M2atError `bad-input` when it can't be read */
export async function experimentText(file: string): Promise<string> {
  const options = {
    code: 'bad-input',
    hint: 'Name an existing *.m2at.json experiment file; examples/quickstart.m2at.json is one.',
  } as const;
  return readText(file, MAX_EXPERIMENT_LENGTH, options).catch((error: unknown) => {
    throw readError(error, file, options);
  });
}
