import type { DatasetDefinition } from './define-dataset';
import type { ImageSource } from './image-source';
import { loadDataset } from './load-dataset';
import { memoryImages } from './memory-images';
import type { SourceHandle } from './source-handle';

/** Opens the images of a source that another thread has. @throws M2atError as {@link loadDataset} */
export async function openSource(
  datasets: readonly DatasetDefinition[],
  handle: SourceHandle,
): Promise<ImageSource> {
  if (handle.kind === 'memory') return memoryImages(handle.arrays);
  return (await loadDataset(datasets, handle.parameters))[handle.split];
}
