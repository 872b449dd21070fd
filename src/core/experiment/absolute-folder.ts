import path from 'node:path';
import { builtIn } from '../registry/registry';
import type { ExperimentLists, ResolvedExperiment } from './experiment-schema';

/** An experiment whose data set's folder, and the files that its method names, do not depend on where the program runs. */
export function withAbsoluteFolder(
  experiment: ResolvedExperiment,
  file: string,
  { methods }: Pick<ExperimentLists, 'methods'> = builtIn,
): ResolvedExperiment {
  const absolute = (name: string): string => path.resolve(path.dirname(file), name);
  const { dataset, method } = experiment;
  const { folder } = dataset;
  const { files = [] } = methods.find(({ name }) => name === method.name) ?? {};
  const named = Object.entries(method).flatMap(([key, value]: [string, unknown]) =>
    files.includes(key) && typeof value === 'string' ? [[key, absolute(value)] as const] : [],
  );
  return {
    ...experiment,
    dataset: folder === undefined ? dataset : { ...dataset, folder: absolute(folder) },
    method: { ...method, ...Object.fromEntries(named) },
  };
}
