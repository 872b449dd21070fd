import * as z from 'zod';
import { defineDataset, imageParameters, type DatasetDefinition } from '../../define-dataset';
import { fileStem, medMnistSets, medMnistSizes, type MedMnistSet } from './sets';

/** One of MedMNIST's sets in two dimensions. */
export function defineMedMnist(set: MedMnistSet): DatasetDefinition {
  const { name, title, classNames, counts, channels } = set;
  return defineDataset({
    ...{ name, title },
    facts: {
      ...{ classNames, counts: { train: counts.train, test: counts.test } },
      ...{ height: medMnistSizes[0], width: medMnistSizes[0], channels },
      // As the authors' own training code has it for every set.
      normalization: { mean: Array<number>(channels).fill(0.5), std: Array<number>(channels).fill(0.5) },
    },
    parameters: medMnistParameters(set),
    sizes: medMnistSizes,
    fetch: async ({ size, ...options }) => {
      const [usual, ...larger] = medMnistSizes;
      const wanted = larger.find((one) => one === size) ?? usual;
      return (await import('./open')).fetchMedMnist(set, wanted, options);
    },
    open: async (parameters, options) => (await import('./open')).openMedMnist(set, parameters, options),
  });
}

export type MedMnistParameters = z.output<ReturnType<typeof medMnistParameters>>;

export function medMnistParameters(set: MedMnistSet) {
  const stem = fileStem(set);
  return imageParameters(
    set.name,
    set.counts,
    `Folder with ${stem}.npz, or ${stem}_64.npz and so on. Default: the cache, filled by a download.`,
  ).extend({
    size: z
      .literal(medMnistSizes)
      .default(28)
      .describe('Pixels of a side: 28, or what MedMNIST+ has beside it. Each size is a file of its own.'),
  });
}

export const medMnist: readonly DatasetDefinition[] = medMnistSets.map(defineMedMnist);
