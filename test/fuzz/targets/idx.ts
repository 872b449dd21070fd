import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { readIdx } from '../../../src/core/data/sets/idx/read-idx';
import { Random } from '../../../src/core/random';
import { idx } from '../../unit/data/idx-file';
import { assertFound, type FuzzTarget } from '../fuzz-target';
import { mutateBytes } from '../mutate/mutate-bytes';

const ITEMS = 4;
const SIDE = 5;

/** Files of MNIST's form, gzipped before or after they are damaged, or not at all. */
export async function idxTarget(folder: string): Promise<FuzzTarget> {
  const values = Uint8Array.from({ length: ITEMS * SIDE * SIDE }, (_, n) => n);
  const whole = idx([ITEMS, SIDE, SIDE], values);
  await mkdir(folder, { recursive: true });
  return {
    input(seed) {
      const random = Random.keyed(seed, 'fuzz-idx');
      const form = random.int(3);
      const { bytes, label } = mutateBytes(form === 1 ? gzipSync(whole) : whole, random);
      const name = form === 0 ? 'images' : 'images.gz';
      return { files: new Map([[name, form === 2 ? gzipSync(bytes) : bytes]]), label: `${name}: ${label}` };
    },
    async attempt({ files }) {
      for (const [name, content] of files) {
        const file = path.join(folder, name);
        await writeFile(file, content);
        const read = await readIdx(file, { item: [SIDE, SIDE], count: ITEMS - 1 }, { hint: 'expected IDX' });
        assertFound(read.length === (ITEMS - 1) * SIDE * SIDE, `${read.length} values`);
      }
      return 'accepted';
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
}
