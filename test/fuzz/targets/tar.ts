import { mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import { extractTarGz } from '../../../src/core/data/tar-gz';
import { Random } from '../../../src/core/random';
import { tarGz, tarMember } from '../../unit/data/support';
import { assertFound, contentOf, oneFile, type FuzzTarget } from '../fuzz-target';
import { mutateTarGz } from '../mutate/mutate-tar';

const NAME = 'archive.tar.gz';
const MAX_BYTES = 4000;

/** Archives that data sets come in: whatever they hold, only the wanted members are written. */
export async function tarTarget(folder: string): Promise<FuzzTarget> {
  const content = Buffer.from(Array.from({ length: 1300 }, (_, i) => i % 251));
  const tar = gunzipSync(
    tarGz(
      tarMember('a/', Buffer.alloc(0), '5'),
      tarMember('a/other', Buffer.alloc(700)),
      tarMember('a/wanted', content),
      tarMember('a/second', Buffer.alloc(0)),
      tarMember('../outside', Buffer.from('never written')),
    ),
  );
  const place = path.join(folder, 'extracted');
  await mkdir(folder, { recursive: true });
  return {
    input(seed) {
      const { bytes, label } = mutateTarGz(tar, Random.keyed(seed, 'fuzz-tar'));
      return oneFile(NAME, bytes, label);
    },
    async attempt(input, seed) {
      await rm(place, { recursive: true, force: true });
      await mkdir(place);
      const bytes = contentOf(input, NAME);
      const size = [1, 7, 513, 65_536][seed % 4] ?? 1;
      const parts = Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) =>
        bytes.subarray(n * size, (n + 1) * size),
      );
      const wanted = ['wanted', 'second'].map((name) => ({
        name: `a/${name}`,
        target: path.join(place, name),
        maxBytes: MAX_BYTES,
      }));
      try {
        await extractTarGz(Readable.from(parts), 'the archive', wanted);
      } finally {
        assertFound((await readdir(folder)).join() === 'extracted', 'a file beside the folder');
        const names = await readdir(place);
        assertFound(
          names.every((name) => ['wanted', 'second'].includes(name)),
          `wrote ${names.join()}`,
        );
      }
      return 'accepted';
    },
  };
}
