import type { NetworkImages } from '../../define-dataset';
import type { FolderParameters } from '.';
import { listFolderPictures } from './split-pictures';

/**
 * Pictures for a network under attack: of its size, in its colours, and labelled by its names where all folders are called by
 * one of those.
 * @throws M2atError as `listFolderPictures`
 */
export async function folderForNetwork(
  given: FolderParameters,
  { height, width, channels, classNames: named }: NetworkImages,
): Promise<FolderParameters> {
  const isSquare = height !== null && height === width;
  const { classNames: folders } = await listFolderPictures(given);
  const isWhole = given.testShare === 1 || folders.length === named?.length;
  const isNamed = isWhole && folders.every((name) => named?.includes(name));
  const byName = given.classNames ?? (isNamed ? named : undefined);
  return {
    ...given,
    ...(given.size === undefined && isSquare && { size: height, resize: given.resize ?? 'crop' }),
    ...((channels === 1 || channels === 3) && { channels }),
    ...(byName && { classNames: [...byName] }),
  };
}
