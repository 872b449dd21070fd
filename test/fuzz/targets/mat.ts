import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { deflateSync } from 'node:zlib';
import { readSvhn } from '../../../src/core/data/sets/svhn/read-svhn';
import { Random } from '../../../src/core/random';
import { mat, type MatVariable } from '../../unit/data/mat-file';
import { assertFound, oneFile, type FuzzTarget } from '../fuzz-target';
import { mutateBytes } from '../mutate/mutate-bytes';

const COUNT = 3;

/** MATLAB files of SVHN's form, damaged before or after their arrays are compressed, or not compressed. */
export async function matTarget(folder: string): Promise<FuzzTarget> {
  const values = Buffer.from(Uint8Array.from({ length: 3072 * COUNT }, (_, n) => n % 251));
  const variables: MatVariable[] = [
    { name: 'X', dimensions: [32, 32, 3, COUNT], type: 2, values },
    { name: 'y', dimensions: [COUNT, 1], type: 2, values: Buffer.from([1, 5, 10]) },
  ];
  const plain = mat(variables, false);
  const packed = mat(variables, true);
  await mkdir(folder, { recursive: true });
  const file = path.join(folder, 'images.mat');
  return {
    input(seed) {
      const random = Random.keyed(seed, 'fuzz-mat');
      const form = random.int(3);
      const { bytes, label } = mutateBytes(
        form === 0 ? plain : form === 1 ? packed : plain.subarray(128),
        random,
      );
      return oneFile('images.mat', form === 2 ? compressed(plain.subarray(0, 128), bytes) : bytes, label);
    },
    async attempt({ files }) {
      for (const content of files.values()) {
        await writeFile(file, content);
        const options = { split: 'train', count: COUNT - 1, hint: 'expected SVHN' };
        const { images, labels } = await readSvhn(file, options);
        assertFound(images.length === 3072 * (COUNT - 1), `${images.length} values`);
        assertFound(
          labels.every((label) => label >= 0 && label < 10),
          `labels ${labels.join()}`,
        );
      }
      return 'accepted';
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

/** The variables as one compressed element. */
function compressed(header: Buffer, variables: Buffer): Buffer {
  const content = deflateSync(variables);
  const tag = Buffer.alloc(8);
  tag.writeUInt32LE(15, 0);
  tag.writeUInt32LE(content.length, 4);
  return Buffer.concat([header, tag, content]);
}
