import { npzSplits, type ArrayPair, type FoundArrays } from '../../npz-splits';
import { openNpy } from '../../stored-array';
import type { ArraysParameters } from './index';

/** The arrays that the parameters name. @throws M2atError `data` for files and arrays that are missing or can't be read */
export async function findArrays(
  parameters: ArraysParameters,
  o: { readonly signal?: AbortSignal | undefined },
): Promise<FoundArrays> {
  const { file, images = '', labels = '', testImages, testLabels } = parameters;
  if (file !== undefined) return npzSplits(file, o);
  const pair = async (ofImages: string, ofLabels: string): Promise<ArrayPair> => ({
    images: await openNpy(ofImages, o),
    labels: await openNpy(ofLabels, o),
  });
  const train = await pair(images, labels);
  if (testImages === undefined || testLabels === undefined) return { train };
  return { train, test: await pair(testImages, testLabels) };
}
