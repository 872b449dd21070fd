import { M2atError } from '../errors';
import { withoutKeys } from '../without-keys';
import type { Dataset, LoadOptions } from './dataset';
import type { DatasetDefinition, DatasetParameters } from './define-dataset';
import { fileImages } from './file-images';
import { imagePart } from './image-part';
import type { ImageSource } from './image-source';
import { memoryImages } from './memory-images';
import type { NamedDataset } from './named-dataset';
import { pictureSource } from './pictures/picture-source';
import { multiLabelSets } from './sets/medmnist/multi-label';
import type { SourceHandle } from './source-handle';

/**
 * The data set of that name; without one, the first of the list.
 * @throws M2atError `unsupported`
 */
export function findDataset(
  datasets: readonly DatasetDefinition[],
  name = datasets[0]?.name ?? '',
): DatasetDefinition {
  const found = datasets.find((one) => one.name === name);
  if (found) return found;
  const reason = multiLabelSets.get(name);
  if (reason !== undefined) throw new M2atError('unsupported', `the data set ${name} ${reason}`);
  throw new M2atError('unsupported', `the data set ${JSON.stringify(name)} is not known here`, {
    hint: `Known: ${datasets.map((one) => one.name).join(', ')}.`,
  });
}

/** What was said of a data set, with its defaults. @throws M2atError `unsupported`; `bad-input` for what it does not take */
export function resolveDataset(
  datasets: readonly DatasetDefinition[],
  said: NamedDataset,
): DatasetParameters {
  const parsed = findDataset(datasets, said.name).parameters.safeParse(said);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new M2atError('bad-input', issue?.message ?? 'wrong', {
    where: ['dataset', ...(issue?.path ?? [])].join('.'),
  });
}

/**
 * Opens the images that are asked for.
 * @throws M2atError as {@link resolveDataset}; `data` or `io` when the data set is missing, truncated, altered or out of
 * reach; `cancelled`
 */
export async function loadDataset(
  datasets: readonly DatasetDefinition[],
  said: NamedDataset,
  options: LoadOptions = {},
): Promise<Dataset> {
  const { name, open } = findDataset(datasets, said.name);
  return { ...(await open(resolveDataset(datasets, said), options)), name };
}

/** Opens the images of a source that another thread has. @throws M2atError as {@link loadDataset} */
export async function openSource(
  datasets: readonly DatasetDefinition[],
  handle: SourceHandle,
): Promise<ImageSource> {
  if (handle.kind === 'memory') return memoryImages(handle.arrays);
  if (handle.kind === 'file') return fileImages(handle.rows);
  if (handle.kind === 'pictures') return pictureSource(handle);
  if (handle.kind === 'part') {
    return imagePart(await openSource(datasets, handle.whole), handle.indices, handle.split);
  }
  // Generated images are a source of their own.
  const parameters = withoutKeys(handle.parameters, ['extra']);
  return (await loadDataset(datasets, { ...parameters, name: handle.parameters.name }))[handle.split];
}
