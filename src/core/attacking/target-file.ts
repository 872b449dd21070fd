import path from 'node:path';
import { npyValues } from '../data/npy';
import { readNpyRows } from '../data/npy-file';
import { M2atError } from '../errors';

/**
 * The classes that the selected images are to be taken for, from a `.npy`, [N] or [N, 1]: a list for all images of the
 * array or data set, of which those at `indices` are read, or one for the selected images as it is.
 * @throws M2atError `data` when it is no such list, or holds something else than whole numbers; `bad-input` when it has
 * another length
 */
export async function readTargets(
  file: string,
  { available, indices }: { readonly available: number; readonly indices: readonly number[] },
): Promise<number[]> {
  let rows: readonly number[] | undefined;
  const { header, data } = await readNpyRows(path.resolve(file), ({ shape }) => {
    if (shape.length !== 1 && (shape.length !== 2 || shape[1] !== 1)) {
      throw new M2atError('data', `shape (${shape.join(', ')}) is no list of targets`, {
        where: file,
        hint: 'Expected one class an image: [N].',
      });
    }
    rows = shape[0] === available ? indices : undefined;
    if (rows || shape[0] === indices.length) return rows;
    const selected =
      indices.length === available ? '' : `, or one for each of the ${indices.length} selected`;
    throw new M2atError('bad-input', `has ${shape[0] ?? 0} targets`, {
      where: file,
      hint: `Expected one for each of the ${available} images${selected}.`,
    });
  });
  const values = Array.from(npyValues(header, data));
  const wrong = values.findIndex((value) => !Number.isInteger(value) || value < 0);
  if (wrong < 0) return values;
  throw new M2atError('data', `target ${rows?.[wrong] ?? wrong} is ${values[wrong] ?? ''}`, {
    where: file,
    hint: 'Targets are whole numbers, from 0 to the number of classes - 1.',
  });
}
