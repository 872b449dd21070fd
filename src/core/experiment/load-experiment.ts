import { M2atError } from '../errors';
import { readError } from '../files/open-for-reading';
import { readText } from '../files/text';
import { withAbsoluteFolder } from './absolute-folder';
import { parseExperiment, type ExperimentRun } from './parse-experiment';

const LARGEST_FILE = 1 << 20;
/** A file that is no experiment at all would fill the screen. */
const SHOWN_PROBLEMS = 10;

/**
 * Reads an experiment file. Relative paths inside it are taken from its own folder.
 * @throws M2atError `bad-input` that lists every problem with its field, value and remedy.
 */
export async function loadExperiment(file: string): Promise<readonly ExperimentRun[]> {
  const parsed = parseExperiment(await textOf(file));
  if (parsed.problems) {
    const lines = parsed.problems.map(({ field, message }) => (field ? `${field} ${message}` : message));
    const [first = '', ...others] = lines.slice(0, SHOWN_PROBLEMS);
    const more = lines.length - SHOWN_PROBLEMS;
    throw new M2atError('bad-input', first, {
      where: file,
      lines: [...others, ...(more > 0 ? [`and ${more} more`] : [])],
      hint: 'Correct the file and start again; media/experiment.schema.json lists every key.',
    });
  }
  return parsed.runs.map(({ name, experiment }) => ({
    name,
    experiment: withAbsoluteFolder(experiment, file),
  }));
}

async function textOf(file: string): Promise<string> {
  const options = {
    code: 'bad-input',
    hint: 'Name an existing *.m2at.json experiment file; examples/quickstart.m2at.json is one.',
  } as const;
  return readText(file, LARGEST_FILE, options).catch((error: unknown) => {
    throw readError(error, file, options);
  });
}
