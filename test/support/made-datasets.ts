import { mkdir, stat, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { encode } from 'fast-png';
import type { PublishedFile } from '../../src/core/data/check-files';
import { recordBytesOf } from '../../src/core/data/sets/cifar/read-records';
import { cifar100Format, cifar100Source } from '../../src/core/data/sets/cifar100/open';
import { mnistFiles, mnistSide } from '../../src/core/data/sets/idx/mnist-like';
import { svhn } from '../../src/core/data/sets/svhn';
import { svhnSource } from '../../src/core/data/sets/svhn/open';
import { Random } from '../../src/core/random';
import { idx } from '../unit/data/idx-file';
import { mat } from '../unit/data/mat-file';
import { npy, zip } from '../unit/data/zip-file';

/** A data set on the disk, in a format that data sets come in. */
export interface MadeDataset {
  /** What its run is called. */
  readonly run: string;
  /** What an experiment says of it. */
  readonly dataset: Readonly<Record<string, unknown>> & { readonly name: string };
  readonly classes: number;
}

/** Images of each file that have something on them. */
const PAINTED = 12;

/**
 * Writes a small data set of each kind: pictures of 32 and of 224 pixels in folders, `.mat` files of SVHN, unpacked IDX files
 * of MNIST, the binary version of CIFAR-100, and an `.npz` with the arrays of MedMNIST. What their publishers have checksums
 * of is entered into the memory of a cache as checked: it is only as long as the published file.
 * @param folder an experiment there finds them
 * @param cache a folder for M2AT_CACHE
 */
export async function makeDatasets(folder: string, cache: string): Promise<MadeDataset[]> {
  const at = (...parts: string[]): string => path.join(folder, ...parts);
  for (const side of [32, 224]) await writePictures(at(`pictures-${side}`), side);
  await writeSvhn(at('svhn'));
  await writeMnist(at('mnist'));
  await writeCifar100(at('cifar-100-binary'));
  await writeFile(at('medical.npz'), medicalArrays());
  await vouchFor(cache, [
    ...[svhnSource.train, svhnSource.test].map((file) => [at('svhn'), file] as const),
    ...[cifar100Source.train, cifar100Source.test].map((file) => [at('cifar-100-binary'), file] as const),
  ]);
  const some = { trainCount: PAINTED };
  return [
    { run: 'pictures of 32', dataset: { name: 'folder', folder: 'pictures-32' }, classes: 3 },
    { run: 'pictures of 224', dataset: { name: 'folder', folder: 'pictures-224' }, classes: 3 },
    { run: 'svhn', dataset: { name: 'svhn', folder: 'svhn', ...some }, classes: 10 },
    { run: 'mnist', dataset: { name: 'mnist', folder: 'mnist', ...some }, classes: 10 },
    { run: 'cifar100', dataset: { name: 'cifar100', folder: 'cifar-100-binary', ...some }, classes: 100 },
    { run: 'medical', dataset: { name: 'arrays', file: 'medical.npz' }, classes: 3 },
  ];
}

/** An experiment with a run for each of them, of two steps of M2AT. */
export function experimentOn(datasets: readonly MadeDataset[]): object {
  const fgsm = [{ name: 'fgsm' }];
  return {
    name: 'kinds',
    model: { name: 'small-cnn', widths: [4, 4, 8, 8], hidden: 8 },
    method: { name: 'm2at', steps: 1, stepSize: '10/255' },
    training: { epochs: 1, batchSize: 5, validation: 2, augment: { crop: 0 } },
    evaluation: { during: { count: 2, attacks: [] }, final: { count: 3, attacks: fgsm } },
    samples: { count: 0 },
    runs: datasets.map(({ run: name, dataset }) => ({ name, dataset })),
  };
}

/** An image of a colour that its class has, with noise: channels last. */
function painted(label: number, side: number, channels: number, random: Random): Uint8Array {
  return Uint8Array.from(
    { length: side * side * channels },
    (_, i) => 40 + ((53 * label * (1 + (i % channels))) % 150) + random.int(60),
  );
}

/** The image as planes, one a channel; `turned`: columns come before rows. */
function planes(image: Uint8Array, side: number, channels: number, turned = false): Uint8Array {
  return Uint8Array.from(image, (_, i) => {
    const [channel, a, b] = [Math.floor(i / (side * side)), Math.floor(i / side) % side, i % side];
    const [row, column] = turned ? [b, a] : [a, b];
    return image[(row * side + column) * channels + channel] ?? 0;
  });
}

async function writePictures(folder: string, side: number): Promise<void> {
  const random = Random.keyed(side, 'made-pictures');
  for (const [label, name] of ['ant', 'bee', 'cat'].entries()) {
    await mkdir(path.join(folder, name), { recursive: true });
    for (let n = 0; n < PAINTED / 2; n++) {
      const data = painted(label, side, 3, random);
      const png = encode({ width: side, height: side, data, channels: 3, depth: 8 });
      await writeFile(path.join(folder, name, `${n}.png`), png);
    }
  }
}

/** An attack reads all test images: there have to be so many. */
async function writeSvhn(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const random = Random.keyed(0, 'made-svhn');
  for (const [{ name, maxBytes }, count] of [
    [svhnSource.train, PAINTED],
    [svhnSource.test, svhn.facts.counts.test],
  ] as const) {
    const images = Buffer.alloc(count * 3072);
    for (let n = 0; n < PAINTED; n++)
      images.set(planes(painted(n % 10, 32, 3, random), 32, 3, true), 3072 * n);
    const labels = Buffer.from(Uint8Array.from({ length: count }, (_, n) => n % 10 || 10));
    const arrays = [
      { name: 'X', dimensions: [32, 32, 3, count], type: 2, values: images },
      { name: 'y', dimensions: [count, 1], type: 2, values: labels },
    ];
    // After them one that nobody reads, up to the end of the file.
    const content = mat(arrays, true);
    const rest = Buffer.alloc(8);
    rest.writeUInt32LE(14, 0);
    rest.writeUInt32LE(maxBytes - content.length - rest.length, 4);
    await writeLong(path.join(folder, name), Buffer.concat([content, rest]), maxBytes);
  }
}

async function writeMnist(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const random = Random.keyed(0, 'made-mnist');
  const image = mnistSide * mnistSide;
  for (const [n, name] of mnistFiles.entries()) {
    const count = n < 2 ? PAINTED : 10_000;
    const file = path.join(folder, name.replace('.gz', ''));
    const labels = Uint8Array.from({ length: PAINTED }, (_, i) => i % 10);
    const shape = n % 2 === 0 ? [count, mnistSide, mnistSide] : [count];
    const pixels = Buffer.concat([...labels].map((label) => painted(label, mnistSide, 1, random)));
    const content = idx(shape, n % 2 === 0 ? pixels : labels);
    const header = 4 + 4 * shape.length;
    await writeLong(file, content, header + count * (n % 2 === 0 ? image : 1));
  }
}

async function writeCifar100(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const random = Random.keyed(0, 'made-cifar100');
  for (const { name, maxBytes } of [cifar100Source.train, cifar100Source.test]) {
    const content = Buffer.alloc(PAINTED * recordBytesOf(cifar100Format));
    for (let n = 0; n < PAINTED; n++) {
      const label = (8 * n) % 100;
      const at = n * recordBytesOf(cifar100Format);
      content.set([label % 20, label], at);
      content.set(planes(painted(label, 32, 3, random), 32, 3), at + 2);
    }
    await writeLong(path.join(folder, name), content, maxBytes);
  }
}

/** Its images are grey; some are for validation. */
function medicalArrays(): Buffer {
  const random = Random.keyed(0, 'made-arrays');
  const members = Object.entries({ train: PAINTED, val: 3, test: 6 }).flatMap(([split, count]) => {
    const labels = Uint8Array.from({ length: count }, (_, n) => n % 3);
    const pixels = Buffer.concat([...labels].map((label) => painted(label, 28, 1, random)));
    return [
      { name: `${split}_images.npy`, content: npy('|u1', [count, 28, 28], pixels), method: 8 },
      { name: `${split}_labels.npy`, content: npy('|u1', [count, 1], labels), method: 8 },
    ];
  });
  return zip(members);
}

/** A file with zeros after its content; they take no room where the file system can leave them out. */
async function writeLong(file: string, content: Uint8Array, bytes: number): Promise<void> {
  await writeFile(file, content);
  await truncate(file, bytes);
}

/** Remembers files as checked, with what is published of them: see `VerifiedFiles`. */
async function vouchFor(
  cache: string,
  published: readonly (readonly [folder: string, file: PublishedFile])[],
): Promise<void> {
  const files: Record<string, object> = {};
  for (const [folder, { name, checksum }] of published) {
    const file = path.resolve(folder, name);
    const { size, mtimeMs } = await stat(file);
    files[file] = { size, mtimeMs, [checksum.algorithm]: checksum.hex };
  }
  await mkdir(cache, { recursive: true });
  await writeFile(path.join(cache, 'verified-files.json'), JSON.stringify({ version: 1, files }));
}
