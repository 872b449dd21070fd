import path from 'node:path';
import { defineDataset, imageParameters } from '../../../src/core/data/define-dataset';
import type { ImageSource } from '../../../src/core/data/image-source';
import type { NamedDataset } from '../../../src/core/data/named-dataset';
import { readError, withOpenFile } from '../../../src/core/files/open-for-reading';
import { readExactly } from '../../../src/core/files/read-exactly';

const size = { height: 8, width: 8, channels: 3 };
const counts = { train: 12_000_000, test: 1000 };

/** Stripes of three colours: two gigabytes of images that stay in their file. */
export const stripes = defineDataset({
  name: 'stripes',
  title: 'Stripes',
  facts: {
    classNames: ['red', 'green', 'blue'],
    counts,
    ...size,
    normalization: { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] },
  },
  parameters: imageParameters(
    'stripes',
    counts,
    'Folder with train.bin, train-labels.bin, test.bin and test-labels.bin. Default: the current one.',
  ),
  open: async (parameters) => ({
    train: await openSplit(parameters, 'train', parameters.trainCount),
    test: await openSplit(parameters, 'test', parameters.testCount),
  }),
});

async function openSplit(
  parameters: NamedDataset,
  split: 'train' | 'test',
  count: number,
): Promise<ImageSource> {
  const file = path.resolve(parameters.folder ?? '.', `${split}.bin`);
  const labels = new Uint8Array(count);
  await readRecords(path.resolve(parameters.folder ?? '.', `${split}-labels.bin`), [0], labels);
  return {
    split,
    count,
    ...size,
    values: 'uint8',
    labels: Int32Array.from(labels),
    ahead: 3,
    read: (indices, into) => readRecords(file, indices, into),
    handle: () => ({ kind: 'dataset', parameters, split }),
  };
}

/** Records of one length, one after the other; together they fill `into`. */
async function readRecords(file: string, indices: ArrayLike<number>, into: Uint8Array): Promise<void> {
  const length = into.length / indices.length;
  try {
    await withOpenFile(file, { code: 'data' }, async ({ handle }) => {
      for (const [n, index] of Array.from(indices).entries()) {
        const record = into.subarray(n * length, (n + 1) * length);
        await readExactly(handle, record, index * length, file, { code: 'data' });
      }
    });
  } catch (error) {
    throw readError(error, file, { code: 'data' });
  }
}
