import { M2atError } from '../../../errors';
import type { Inspected } from '../../pictures/inspect-picture';
import type { FolderParameters } from '.';

/** Sizes that a message names. */
const NAMED = 6;
/** Of a side, where pictures keep their size. */
const MAX_SIDE = 2048;

/**
 * The size that all images get.
 * @throws M2atError `data` where pictures have several, or are no squares, and nothing says what is to be done with them
 */
export function commonSize(
  { size, resize }: Pick<FolderParameters, 'size' | 'resize'>,
  pictures: readonly Inspected[],
  where: string,
): { readonly height: number; readonly width: number } {
  if (size !== undefined && (resize || pictures.every(({ width, height }) => width === height))) {
    return { height: size, width: size };
  }
  const sizes = new Map<string, number>();
  for (const { width, height } of pictures) {
    const text = `${width} x ${height}`;
    sizes.set(text, (sizes.get(text) ?? 0) + 1);
  }
  const [first] = pictures;
  if (size === undefined && sizes.size === 1 && first) {
    if (Math.max(first.width, first.height) <= MAX_SIDE) return { height: first.height, width: first.width };
    throw new M2atError('data', `the pictures have ${first.width} x ${first.height} pixels`, {
      where,
      hint: 'Say with dataset.size and dataset.resize what they are scaled to.',
    });
  }
  const common = [...sizes].sort(([, a], [, b]) => b - a);
  const named = common.slice(0, NAMED).map(([text, count]) => `- ${count} of ${text}`);
  const more = common.length > NAMED ? [`- ${common.length - NAMED} more sizes`] : [];
  throw new M2atError(
    'data',
    size === undefined
      ? 'the pictures have several sizes (width x height)'
      : 'some pictures are no squares (width x height)',
    {
      where,
      lines: [...named, ...more],
      hint:
        `Say ${size === undefined ? 'dataset.size, and ' : ''}with dataset.resize how they become squares: "squash" scales both ` +
        'sides, "crop" scales the shorter side and takes the middle, "pad" scales the longer side and adds black.',
    },
  );
}
