import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { encode } from 'fast-png';
import { imagesGiven } from '../../../src/cli/commands/image-flags';
import { attackRun } from '../../../src/core/attacking/attack-run';
import { builtIn } from '../../../src/core/registry/registry';
import type { AttackReport } from '../../../src/core/records/run-files';
import { writeLayersModel } from '../../support/tiny-models';
import { requested } from '../attacks/named';
import { npy, zip } from '../data/zip-file';
import { temporaryRoot } from '../training/tiny-task';

/** The network's answer is the channel with the largest mean; its sidecar calls the channels so. */
const colours = { ruby: [220, 30, 20], emerald: [30, 180, 40], sapphire: [10, 20, 200] } as const;
type Colour = keyof typeof colours;
const names = Object.keys(colours) as Colour[];

describe("attacks on the user's own files", () => {
  let root: string;
  let checkpoint: string;
  beforeEach(async () => {
    root = await temporaryRoot();
    checkpoint = await writeLayersModel(path.join(root, 'net'));
    await writeFile(
      path.join(root, 'net', 'model.m2at-model.json'),
      JSON.stringify({ range: [0, 1], classNames: names }),
    );
  });
  afterEach(() => rm(root, { recursive: true }));
  const inRoot = (...parts: string[]): string => path.join(root, ...parts);

  async function attack(images: string): Promise<AttackReport> {
    const { report } = await attackRun({
      ...{ root, registry: builtIn, signal: new AbortController().signal, onEvent: () => undefined },
      ...{ checkpoint, seed: 1, threads: 1, device: 'onnx-cpu' },
      ...(await imagesGiven(builtIn.datasets, { images })),
      attacks: [requested({ name: 'fgsm', epsilon: 0.01 })],
    });
    return report;
  }

  async function writePictures(
    classes: readonly Colour[],
    [width, height]: readonly [number, number],
  ): Promise<string> {
    for (const name of classes) {
      await mkdir(inRoot('pictures', name), { recursive: true });
      for (let n = 0; n < 2; n++) {
        const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => colours[name][i % 3] ?? 0);
        await writeFile(
          inRoot('pictures', name, `${n}.png`),
          encode({ width, height, channels: 3, depth: 8, data }),
        );
      }
    }
    return inRoot('pictures');
  }

  it('are on every picture of a folder, at the size of the network, by the names of its classes', async () => {
    // By the order of the folders' names the labels would be emerald, ruby, sapphire.
    const report = await attack(await writePictures(names, [20, 12]));
    assert.deepEqual(
      [report.dataset, report.count, report.cleanAccuracy, report.classNames],
      ['folder', 6, 1, names],
    );
  });

  it('are possible where only some of its classes have a folder', async () => {
    const report = await attack(await writePictures(['sapphire', 'emerald'], [8, 8]));
    assert.deepEqual([report.count, report.cleanAccuracy, report.classNames], [4, 1, names]);
    const labels = report.attacks[0]?.images.map(({ label }) => label).sort();
    assert.deepEqual(labels, [1, 1, 2, 2]);
  });

  it('say which classes there are where they are others', async () => {
    const folder = await writePictures(['sapphire', 'emerald'], [8, 8]);
    await mkdir(path.join(folder, 'opal', 'more'), { recursive: true });
    await assert.rejects(attack(folder), /opal/);
    await rm(path.join(folder, 'opal'), { recursive: true });
    await rm(inRoot('net', 'model.m2at-model.json'));
    await assert.rejects(attack(folder), /the network has 3 classes; folder has 2/);
  });

  it('are on every image of an archive', async () => {
    const images = Uint8Array.from({ length: 6 * 8 * 8 * 3 }, (_, i) => {
      const name = names[Math.floor(i / (8 * 8 * 3)) % 3] ?? 'ruby';
      return colours[name][i % 3] ?? 0;
    });
    const file = inRoot('set.npz');
    await writeFile(
      file,
      zip([
        { name: 'images.npy', content: npy('|u1', [6, 8, 8, 3], images) },
        { name: 'labels.npy', content: npy('|u1', [6], Uint8Array.of(0, 1, 2, 0, 1, 2)) },
      ]),
    );
    const report = await attack(file);
    assert.deepEqual([report.dataset, report.count, report.cleanAccuracy], ['arrays', 6, 1]);
  });
});
