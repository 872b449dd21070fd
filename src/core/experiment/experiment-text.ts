import type { ResolvedExperiment } from './experiment-schema';
import { ofSgd } from './optimizer-problems';
import { withoutKeys } from '../without-keys';

/**
 * The text of an experiment file that does what a run did, with every setting stated.
 * @param heading a line about it
 */
export function experimentText({ recipe, ...experiment }: ResolvedExperiment, heading: string): string {
  const { training } = experiment;
  // Beside another optimizer a file must not say what is of SGD.
  const stated = training.optimizer.name === 'sgd' ? training : withoutKeys(training, [...ofSgd.keys()]);
  const lines = [
    heading,
    ...(recipe === undefined ? [] : [`Its recipe was ${recipe}, all of which is stated here.`]),
    ...(training.validation === undefined
      ? ['It held out no validation images; a file that does not say training.validation holds some out.']
      : []),
  ];
  const comments = lines.map((line) => `// ${line.replaceAll(/[\r\n\u2028\u2029]+/g, ' ')}\n`).join('');
  return `${comments}${JSON.stringify({ ...experiment, training: stated }, null, 2)}\n`;
}
