import { layoutOf } from './array-layout';
import type { ExtraImages, LoadOptions, OpenedDataset } from './dataset';
import type { ExtraParameters } from './define-dataset';
import { npzSplits } from './npz-splits';
import { openImages, type OpenOptions } from './open-images';
import { readLabels } from './stored-labels';

/**
 * Opens generated images for a data set. Where there are many they stay in their file, of which only their labels are read.
 * @throws M2atError `data` for a file that is none, images of another size, labels that are no class; `io`; `cancelled`
 */
export async function openExtra(
  { file, share }: ExtraParameters,
  { train, classNames }: Pick<OpenedDataset, 'train' | 'classNames'>,
  o: LoadOptions & Pick<OpenOptions, 'cacheDir' | 'inMemoryBytes'>,
): Promise<ExtraImages> {
  const { images: array, labels: ofImages } = (await npzSplits(file, o)).train;
  const { height, width, channels } = train;
  const layout = layoutOf(array.header, [height, width, channels], array.where, {
    misfit: 'are not as those of the data set',
    rule: 'Those are',
  });
  const [count = 0] = array.header.shape;
  const classes = { count: classNames.length, said: `The data set has ${classNames.length} classes` };
  const labels = await readLabels(ofImages, count, classes, o);
  const { source } = await openImages({ split: 'extra', array, layout, labels }, { ...o, count });
  return { source, share };
}
