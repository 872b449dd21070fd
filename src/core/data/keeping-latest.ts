import { isDeepStrictEqual } from 'node:util';
import type { OpenedDataset } from './dataset';
import type { DatasetDefinition, DatasetParameters } from './define-dataset';

/** The same data sets; the images that were opened last stay for whoever asks for the same ones next. */
export function keepingLatest(datasets: readonly DatasetDefinition[]): readonly DatasetDefinition[] {
  let latest: { readonly parameters: DatasetParameters; readonly opened: OpenedDataset } | undefined;
  return datasets.map((definition) => ({
    ...definition,
    open: async (parameters, options) => {
      if (latest && isDeepStrictEqual(latest.parameters, parameters)) return latest.opened;
      // Before others are read: they may need the memory.
      latest = undefined;
      const opened = await definition.open(parameters, options);
      latest = { parameters, opened };
      return opened;
    },
  }));
}
