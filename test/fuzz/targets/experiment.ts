import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { parseTree } from 'jsonc-parser';
import { loadExperiment } from '../../../src/core/experiment/load-experiment';
import { parseExperiment, type ExperimentRun } from '../../../src/core/experiment/parse-experiment';
import { experimentSchemas } from '../../../src/core/experiment/experiment-schema';
import { builtIn } from '../../../src/core/registry/registry';
import { treeValue } from '../../../src/core/experiment/tree-value';
import { Random } from '../../../src/core/random';
import { resolveExperiment } from '../../../src/core/experiment/resolve-experiment';
import { readExample } from '../../support/examples';
import { assertFound, contentOf, oneFile, type Attempt, type FuzzTarget } from '../fuzz-target';
import { faultOf } from '../judge';
import { pick } from '../mutate/mutate-bytes';
import { mutateText } from '../mutate/mutate-text';

const NAME = 'fuzz.m2at.json';
const examples = [
  'quickstart.m2at.json',
  'sweep.m2at.json',
  ...['compare', 'm2at', 'pgd-at', 'trades', 'fgsm-rs', 'standard'].map(
    (name) => `templates/${name}.m2at.json`,
  ),
];
/** Of this many texts one goes through a file, as the command line reads it. */
const FILE_PERIOD = 4;

/** Experiment files: texts as the editor checks them, and files as a run reads them. */
export async function experimentTarget(folder: string): Promise<FuzzTarget> {
  const file = path.join(folder, NAME);
  const originals = await Promise.all(
    examples.map(async (name) => {
      const text = await readExample(name);
      const tree = parseTree(text);
      return { name, text, json: tree && treeValue(tree) };
    }),
  );
  return {
    input(seed) {
      const random = Random.keyed(seed, 'fuzz-experiment');
      const { name, text, json } = pick(random, originals);
      const { bytes, label } = mutateText(text, json, random);
      return oneFile(NAME, bytes, `${name}: ${label}`);
    },
    async attempt(input, seed): Promise<Attempt> {
      const bytes = contentOf(input, NAME);
      if (seed % FILE_PERIOD === 0) {
        await writeFile(file, bytes);
        (await loadExperiment(file)).forEach(assertSound);
        return 'accepted';
      }
      const { runs, problems } = parseExperiment(bytes.toString('utf8'));
      runs?.forEach(assertSound);
      if (!problems) return 'accepted';
      for (const { field } of problems) {
        const fault = field.trim() === '' ? undefined : faultOf(field);
        assertFound(fault === undefined, `the name of a field: ${fault ?? ''}`);
      }
      return { refused: problems.map(({ message }) => message) };
    },
  };
}

/** Every default is filled in, what is stored reads as the same again, and every number is one. */
function assertSound({ name, experiment }: ExperimentRun): void {
  const full = resolveExperiment(experiment);
  const stored = JSON.stringify(full);
  assertFound(!stored.includes(':null'), `a number of the experiment is none: ${stored}`);
  const again = resolveExperiment(experimentSchemas(builtIn).run.parse(JSON.parse(stored)));
  assertFound(isDeepStrictEqual(again, JSON.parse(stored)), `reads as another experiment again: ${stored}`);
  const fault = faultOf(name);
  assertFound(fault === undefined, `the name of a run that is accepted: ${fault ?? ''}`);
}
