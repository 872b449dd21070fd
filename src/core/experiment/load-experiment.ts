import { readFile, stat } from 'node:fs/promises';
import { M2atError, messageOf } from '../errors';
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
  const parsed = parseExperiment(await readText(file));
  if (parsed.problems) {
    const lines = parsed.problems.map(({ field, message }) => (field ? `${field} ${message}` : message));
    const more = lines.length - SHOWN_PROBLEMS;
    const shown = [...lines.slice(0, SHOWN_PROBLEMS), ...(more > 0 ? [`and ${more} more`] : [])];
    throw new M2atError('bad-input', shown.join('\n  '), {
      where: file,
      hint: 'Correct the file and start again; media/experiment.schema.json lists every key.',
    });
  }
  return parsed.runs.map(({ name, experiment }) => ({
    name,
    experiment: withAbsoluteFolder(experiment, file),
  }));
}

async function readText(file: string): Promise<string> {
  try {
    const { size } = await stat(file);
    if (size > LARGEST_FILE) {
      throw new M2atError(
        'bad-input',
        `is ${size} bytes long; an experiment file has at most ${LARGEST_FILE}`,
        {
          where: file,
          hint: 'Name a *.m2at.json experiment file.',
        },
      );
    }
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof M2atError) throw error;
    throw new M2atError('bad-input', `can't be read: ${messageOf(error)}`, {
      where: file,
      hint: 'Name an existing *.m2at.json file; examples/quickstart.m2at.json is one.',
      cause: error,
    });
  }
}
