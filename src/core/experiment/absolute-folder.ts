import path from 'node:path';
import type { ResolvedExperiment } from './experiment-schema';

/** An experiment whose data set's folder, if it names one, does not depend on where the program runs. */
export function withAbsoluteFolder(experiment: ResolvedExperiment, file: string): ResolvedExperiment {
  const { folder } = experiment.dataset;
  if (folder === undefined) return experiment;
  const absolute = path.resolve(path.dirname(file), folder);
  return { ...experiment, dataset: { ...experiment.dataset, folder: absolute } };
}
