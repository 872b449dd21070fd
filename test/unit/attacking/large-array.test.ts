import assert from 'node:assert/strict';
import { open, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gatherImages, gatherLabels } from '../../../src/core/data/batch';
import { readImageArrays } from '../../../src/core/data/image-arrays';
import { encodeNpyHeader, encodeNpyLabels, type NpyType } from '../../../src/core/data/npy';
import type { Device } from '../../../src/core/engine/devices/device';
import { openDevice } from '../../../src/core/engine/devices/devices';
import { attackRun } from '../../../src/core/attacking/attack-run';
import { temporaryRoot, tinyDataset } from '../training/tiny-task';
import { trainTinyCheckpoint } from '../runs/tiny-checkpoint';
import { requested } from '../attacks/named';

const MIB = 2 ** 20;
/** Images of 192 bytes: 20 GB of them. */
const COUNT = 104_166_667;
const CHOSEN = [3, 104_166_666, 7, 8];

/** A file that is as long as its header says, of which only some rows were ever written. */
async function writeSparse(
  file: string,
  { type, shape, rowBytes }: { type: NpyType; shape: readonly number[]; rowBytes: number },
  rows: ReadonlyMap<number, Uint8Array>,
): Promise<void> {
  const header = encodeNpyHeader(type, shape);
  const handle = await open(file, 'w');
  try {
    await handle.write(header, 0, header.length, 0);
    await handle.truncate(header.length + (shape[0] ?? 0) * rowBytes);
    for (const [row, bytes] of rows) {
      await handle.write(bytes, 0, bytes.length, header.length + row * rowBytes);
    }
  } finally {
    await handle.close();
  }
}

describe('an array that is larger than memory', () => {
  const dataset = tinyDataset(40, 80);
  let root: string;
  let device: Device;
  let checkpoint: string;
  before(async function () {
    this.timeout(60_000);
    // Windows gives a file all of its length.
    if (process.platform === 'win32') this.skip();
    device = await openDevice('onnx-cpu', { threads: 1 });
    root = await temporaryRoot();
    checkpoint = await trainTinyCheckpoint(root, { dataset, device });
  });
  after(async () => {
    await device.dispose();
    await rm(root, { recursive: true });
  });

  it('is read as far as its images are attacked, with their labels and targets', async () => {
    const few = CHOSEN.map((_, n) => n);
    const labels = gatherLabels(dataset.test, few);
    const targets = Int32Array.from(labels, (label) => (label + 1) % 3);
    const pixels = (n: number): Uint8Array => dataset.test.images.subarray(192 * n, 192 * (n + 1));
    const rowsOf = (row: (n: number) => Uint8Array) => new Map(CHOSEN.map((index, n) => [index, row(n)]));
    const int64 = (values: Int32Array) => (n: number) =>
      new Uint8Array(BigInt64Array.of(BigInt(values[n] ?? 0)).buffer);
    const file = (name: string): string => path.join(root, name);
    await writeSparse(file('x.npy'), { type: '|u1', shape: [COUNT, 8, 8, 3], rowBytes: 192 }, rowsOf(pixels));
    await writeSparse(file('y.npy'), { type: '<i8', shape: [COUNT], rowBytes: 8 }, rowsOf(int64(labels)));
    await writeSparse(file('t.npy'), { type: '<i8', shape: [COUNT, 1], rowBytes: 8 }, rowsOf(int64(targets)));
    await writeFile(
      file('few-x.npy'),
      Buffer.concat([encodeNpyHeader('|u1', [4, 8, 8, 3]), ...few.map(pixels)]),
    );
    await writeFile(file('few-y.npy'), encodeNpyLabels(labels));
    await writeFile(file('few-t.npy'), encodeNpyLabels(targets));

    const attack = (prefix: string, indices: readonly number[], name = 'fgsm') =>
      attackRun({
        checkpoint,
        attacks: [requested({ name, ...(name === 'fgsm' ? { target: 'file' } : { steps: 2 }) })],
        arrays: { images: file(`${prefix}x.npy`), labels: file(`${prefix}y.npy`) },
        ...(name === 'fgsm' ? { targets: file(`${prefix}t.npy`) } : {}),
        indices,
        seed: 1,
        device: 'auto',
        threads: 1,
        root,
        signal: new AbortController().signal,
        onEvent: () => undefined,
        resources: { device },
      });
    const expected = await attack('few-', few);
    const before = process.resourceUsage().maxRSS;
    const { report } = await attack('', CHOSEN);
    assert.ok(process.resourceUsage().maxRSS - before < (100 * MIB) / 1024, 'no more than its rows');
    const imagesOf = ({ attacks }: typeof report) =>
      attacks[0]?.images.map((image) => ({ ...image, index: 0 }));
    assert.deepEqual(imagesOf(report), imagesOf(expected.report));
    assert.deepEqual(
      report.attacks[0]?.images.map(({ index }) => index),
      CHOSEN,
    );
    // Attacks that start from other images read those as well.
    assert.equal((await attack('', CHOSEN, 'boundary')).report.count, 4);
  });

  it('is said to be at fault by the index in the file', async () => {
    const spoiled = path.join(root, 'nan.npy');
    const floats = (value: number): Uint8Array => new Uint8Array(new Float32Array(192).fill(value).buffer);
    await writeSparse(
      spoiled,
      { type: '<f4', shape: [COUNT / 4, 8, 8, 3].map(Math.floor), rowBytes: 768 },
      new Map([[25_000_000, floats(NaN)]]),
    );
    const labels = path.join(root, 'labels.npy');
    const count = Math.floor(COUNT / 4);
    const at = (value: number) => new Uint8Array(BigInt64Array.of(BigInt(value)).buffer);
    await writeSparse(labels, { type: '<i8', shape: [count], rowBytes: 8 }, new Map([[20_000_000, at(77)]]));
    const read = (indices: readonly number[]) =>
      readImageArrays({ images: spoiled, labels }, { shape: [8, 8, 3], classes: 3 }, () => indices);
    await assert.rejects(read([5, 25_000_000]), /image 25000000 has values that are no numbers/);
    await assert.rejects(read([5, 20_000_000]), /label 20000000 is 77/);
    const set = await read([9, 5]);
    assert.deepEqual([set.count, set.images.length], [count, 384]);
    await assert.rejects(gatherImages(set, [6]), /image 6 at 0 was not read/);
    await assert.rejects(
      readImageArrays({ images: spoiled, labels }, { shape: [8, 8, 3], classes: 3 }),
      /at most 2147483648 are read\nAsk for fewer images/,
    );
  });
});
