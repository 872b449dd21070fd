import path from 'node:path';
import type { Named } from '../named-schema';
import { builtIn } from '../registry/registry';
import type { ExperimentLists, ResolvedExperiment } from './experiment-schema';

/**
 * An experiment whose files and folders, those of its data set, network, method and corruptions, do not depend on where the
 * program runs.
 */
export function withAbsoluteFolder(
  experiment: ResolvedExperiment,
  file: string,
  { datasets, methods }: Pick<ExperimentLists, 'datasets' | 'methods'> = builtIn,
): ResolvedExperiment {
  const absolute = (name: string): string => path.resolve(path.dirname(file), name);
  const absoluteIn = <Said extends Named>(
    said: Said,
    list: readonly WithFiles[],
    usual: readonly string[],
  ): Said => {
    const { files = usual } = list.find(({ name }) => name === said.name) ?? {};
    const named = Object.entries(said).flatMap(([key, value]: [string, unknown]) =>
      files.includes(key) && typeof value === 'string' ? [[key, absolute(value)] as const] : [],
    );
    return { ...said, ...Object.fromEntries(named) };
  };
  const dataset = absoluteIn(experiment.dataset, datasets, ['folder']);
  const { extra } = dataset;
  const { model, evaluation } = experiment;
  const { corruptions } = evaluation.final;
  return {
    ...experiment,
    dataset: { ...dataset, ...(extra && { extra: { ...extra, file: absolute(extra.file) } }) },
    ...(corruptions?.folder !== undefined && {
      evaluation: {
        ...evaluation,
        final: { ...evaluation.final, corruptions: { ...corruptions, folder: absolute(corruptions.folder) } },
      },
    }),
    method: absoluteIn(experiment.method, methods, []),
    model: model.name === 'checkpoint' ? { ...model, file: absolute(model.file) } : model,
  };
}

type WithFiles = Named & { readonly files?: readonly string[] | undefined };
