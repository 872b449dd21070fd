import path from 'node:path';
import { npyValues } from '../data/npy';
import { readNpy } from '../data/npy-file';
import { M2atError } from '../errors';

/**
 * Classes to aim at, from a `.npy`: [N] or [N, 1].
 * @throws M2atError `data` when it is no such list, or holds something else than whole numbers
 */
export async function readTargets(file: string): Promise<number[]> {
  const { header, data } = await readNpy(path.resolve(file), ({ shape }) => {
    if (shape.length === 1 || (shape.length === 2 && shape[1] === 1)) return;
    throw new M2atError('data', `shape (${shape.join(', ')}) is no list of targets`, {
      where: file,
      hint: 'Expected one class an image: [N].',
    });
  });
  const values = Array.from(npyValues(header, data));
  const wrong = values.findIndex((value) => !Number.isInteger(value) || value < 0);
  if (wrong < 0) return values;
  throw new M2atError('data', `target ${wrong} is ${values[wrong] ?? ''}`, {
    where: file,
    hint: 'Targets are whole numbers, from 0 to the number of classes - 1.',
  });
}

/**
 * The targets of the selected images: of a list for all images of the array or data set those at `indices`, or a list for
 * the selected ones as it is.
 * @throws M2atError `bad-input` when the list has another length
 */
export function selectTargets(
  targets: readonly number[],
  { available, indices, where }: { available: number; indices: readonly number[]; where: string },
): number[] {
  if (targets.length === available) return indices.map((index) => targets[index] ?? 0);
  if (targets.length === indices.length) return [...targets];
  const selected = indices.length === available ? '' : `, or one for each of the ${indices.length} selected`;
  throw new M2atError('bad-input', `has ${targets.length} targets`, {
    where,
    hint: `Expected one for each of the ${available} images${selected}.`,
  });
}
