import assert from 'node:assert/strict';
import { copyFile, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { encode } from 'fast-png';
import { attackRun } from '../../../src/core/attacking/attack-run';
import { readPixels } from '../../../src/core/data/batch';
import type { OpenedDataset } from '../../../src/core/data/dataset';
import type { ImageSource } from '../../../src/core/data/image-source';
import { openSource } from '../../../src/core/data/load-dataset';
import { datasets } from '../../../src/core/data/sets';
import { folder as definition } from '../../../src/core/data/sets/folder';
import { M2atError } from '../../../src/core/errors';
import { trainJob } from '../../../src/core/jobs/train-job';
import { methods } from '../../../src/core/methods';
import { chooseMethod } from '../../../src/core/methods/choose-method';
import { Random } from '../../../src/core/random';
import { runDirectory } from '../../../src/core/records/run-paths';
import type { RunRecord } from '../../../src/core/records/run-files';
import { builtIn } from '../../../src/core/registry/registry';
import { ThreadedBatches } from '../../../src/core/training/threaded-batches';
import { trainRun } from '../../../src/core/training/train-run';
import { TrainingBatches, type BatchPlan } from '../../../src/core/training/training-batches';
import { root as repository } from '../../support/root';
import { requested } from '../attacks/named';
import { tinyExperiment } from '../training/tiny-task';
import { inTemporaryFolder } from './support';

const signal = new AbortController().signal;

/** A PNG whose pixels are of one colour. */
const plain = (width: number, height: number, colour: readonly number[]): Uint8Array =>
  encode({
    ...{ width, height, channels: 3, depth: 8 },
    data: Uint8Array.from({ length: width * height * 3 }, (_, i) => colour[i % 3] ?? 0),
  });

const colours = { blue: [10, 20, 200], green: [30, 180, 40], red: [220, 30, 20] } as const;
type Colour = keyof typeof colours;
const names = Object.keys(colours) as Colour[];

/** `count` pictures for each class, `n.png`, whose first value is n more than the class's. */
async function writeClasses(
  folder: string,
  count: number,
  [width, height]: readonly [number, number] = [8, 8],
): Promise<void> {
  for (const name of names) {
    await mkdir(path.join(folder, name), { recursive: true });
    for (let n = 0; n < count; n++) {
      const [red, green, blue] = colours[name];
      const file = path.join(folder, name, `${n}.png`);
      await writeFile(file, plain(width, height, [red + n, green, blue]));
    }
  }
}

const open = (folder: string, given: object = {}): Promise<OpenedDataset> =>
  definition.open({ ...given, ...{ name: 'folder', folder } }, {});

async function refused(opening: Promise<unknown>, message: RegExp, where?: string): Promise<void> {
  await assert.rejects(opening, (error: unknown) => {
    assert.ok(error instanceof M2atError, String(error));
    assert.match(error.message, message);
    if (where !== undefined) assert.equal(error.where, where);
    return true;
  });
}

/** The class and the number of each picture, as its first pixel shows them. */
async function shown(source: ImageSource): Promise<string[]> {
  const pixels = await readPixels(
    source,
    Array.from({ length: source.count }, (_, n) => n),
  );
  const size = source.height * source.width * 3;
  return Array.from(source.labels, (label, n) => {
    const [red = 0, green, blue] = pixels.subarray(n * size, (n + 1) * size);
    const name = names.find((one) => colours[one][1] === green && colours[one][2] === blue);
    assert.equal(name, names[label], 'the label is that of the folder');
    return `${name ?? ''} ${red - colours[name ?? 'red'][0]}`;
  });
}

describe('a folder of pictures', () => {
  it('is split by the seed: the same pictures for whoever opens it, of every class', async () => {
    await inTemporaryFolder(async (folder) => {
      await writeClasses(folder, 10);
      const opened = await open(folder);
      assert.deepEqual(opened.classNames, ['blue', 'green', 'red']);
      const [train, test] = [await shown(opened.train), await shown(opened.test)];
      assert.deepEqual([train.length, test.length], [24, 6]);
      assert.deepEqual(
        [...train, ...test].sort(),
        names.flatMap((name) => Array.from({ length: 10 }, (_, n) => `${name} ${n}`)).sort(),
      );
      for (const name of names) assert.equal(test.filter((one) => one.startsWith(name)).length, 2);
      assert.ok(
        new Set(train.slice(0, 12).map((one) => one.split(' ')[0])).size === 3,
        'the first are of all classes',
      );
      const again = await open(folder, { trainCount: 5, testCount: 3 });
      assert.deepEqual(
        [await shown(again.train), await shown(again.test)],
        [train.slice(0, 5), test.slice(0, 3)],
      );
      assert.deepEqual(again.normalization, opened.normalization);
      const other = await open(folder, { seed: 1, testShare: 0.5 });
      assert.equal(other.test.count, 15);
      assert.notDeepEqual((await shown(other.test)).sort(), test.sort());
      assert.equal((await open(folder, { testShare: 1 })).train.count, 0);
    });
  });

  it('keeps who is in which share where others come and go', async () => {
    await inTemporaryFolder(async (folder) => {
      await writeClasses(folder, 10);
      const before = await open(folder);
      const test = await shown(before.test);
      await writeFile(path.join(folder, 'red', 'x10.png'), plain(8, 8, [230, 30, 20]));
      const after = await open(folder);
      assert.notEqual(after.fingerprint, before.fingerprint);
      const now = await shown(after.test);
      const stayed = test.filter((one) => now.includes(one));
      assert.ok(stayed.length >= test.length - 1, 'one more picture moves one at most');
      await rm(path.join(folder, 'red', 'x10.png'));
      assert.equal((await open(folder)).fingerprint, before.fingerprint);
    });
  });

  it('measures mean and deviation of the training images, or takes those of ImageNet', async () => {
    await inTemporaryFolder(async (folder) => {
      await writeClasses(folder, 5);
      const { train, normalization } = await open(folder);
      const pixels = await readPixels(
        train,
        Array.from({ length: train.count }, (_, n) => n),
      );
      for (const c of [0, 1, 2]) {
        const values = Array.from(pixels).filter((_, i) => i % 3 === c);
        const mean = values.reduce((sum, value) => sum + value / 255, 0) / values.length;
        const variance = values.reduce((sum, value) => sum + (value / 255 - mean) ** 2, 0) / values.length;
        assert.ok(Math.abs((normalization.mean[c] ?? 0) - mean) < 1e-4);
        assert.ok(Math.abs((normalization.std[c] ?? 0) - Math.sqrt(variance)) < 1e-4);
      }
      const { normalization: known } = await open(folder, { normalization: 'imagenet' });
      assert.deepEqual(known, { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] });
      await refused(open(folder, { normalization: 'imagenet', channels: 1 }), /normalization: is of colours/);
    });
  });

  for (const name of ['test', 'val', 'validation']) {
    it(`takes the folders train and ${name} as they are, with folders in classes, and passes over hidden files`, async () => {
      await inTemporaryFolder(async (folder) => {
        await writeClasses(path.join(folder, 'train'), 4);
        await writeClasses(path.join(folder, name), 2);
        await mkdir(path.join(folder, 'train', 'red', 'more', 'still'), { recursive: true });
        await writeFile(
          path.join(folder, 'train', 'red', 'more', 'still', '4.PNG'),
          plain(8, 8, [224, 30, 20]),
        );
        for (const hidden of [
          '.DS_Store',
          'Thumbs.db',
          'train/.DS_Store',
          'train/red/.4.png',
          'train/red/notes.txt',
        ]) {
          await writeFile(path.join(folder, hidden), 'x');
        }
        await mkdir(path.join(folder, 'train', '__MACOSX'));
        await mkdir(path.join(folder, '.thumbnails'));
        const { train, test } = await open(folder, { testShare: 0.9 });
        assert.deepEqual([train.count, test.count], [13, 6]);
        assert.deepEqual(
          (await shown(train)).filter((one) => one.startsWith('red')).sort(),
          [0, 1, 2, 3, 4].map((n) => `red ${n}`),
        );
        assert.deepEqual(
          (await shown(test)).sort(),
          names.flatMap((one) => [`${one} 0`, `${one} 1`]),
        );
      });
    });
  }

  it('has images for validation where there are folders test and val', async () => {
    await inTemporaryFolder(async (folder) => {
      await writeClasses(path.join(folder, 'train'), 3);
      await writeClasses(path.join(folder, 'val'), 1);
      await writeClasses(path.join(folder, 'test'), 2);
      const { train, validation, test } = await open(folder);
      assert.deepEqual([train.count, validation?.count, test.count], [9, 3, 6]);
      assert.ok(validation);
      assert.deepEqual(
        (await shown(validation)).sort(),
        names.map((one) => `${one} 0`),
      );
    });
  });

  it('is taken for classes where one of them is called train', async () => {
    await inTemporaryFolder(async (folder) => {
      await writeClasses(folder, 2);
      await rename(path.join(folder, 'red'), path.join(folder, 'train'));
      assert.deepEqual((await open(folder)).classNames, ['blue', 'green', 'train']);
    });
  });

  it('has its labels in the order that is asked for', async () => {
    await inTemporaryFolder(async (folder) => {
      await writeClasses(folder, 2);
      const { classNames, train } = await open(folder, { classNames: ['red', 'blue', 'green'] });
      assert.deepEqual(classNames, ['red', 'blue', 'green']);
      const pixels = await readPixels(train, [0]);
      assert.equal(
        classNames[train.labels[0] ?? -1],
        names.find((name) => colours[name][2] === pixels[2]),
      );
      for (const [wanted, message] of [
        [['red', 'blue', 'grey'], /there is no folder "grey"/],
        [['red', 'blue'], /the folder "green" is not named/],
        [['red', 'blue', 'green', 'red'], /"red" is named twice/],
      ] as const) {
        await refused(open(folder, { classNames: wanted }), message);
      }
    });
  });

  it('says what is missing', async () => {
    await inTemporaryFolder(async (folder) => {
      await refused(open(path.join(folder, 'nowhere')), /nowhere: the file is missing|nowhere: .*missing/);
      await refused(
        open(folder),
        /there is no folder of a class in it[^]*Expected a folder for each class/,
        folder,
      );
      await writeClasses(folder, 1);
      const empty = path.join(folder, 'empty');
      await mkdir(empty);
      await writeFile(path.join(empty, 'a.gif'), 'x');
      await refused(open(folder), /a class without pictures[^]*1 \.gif/, empty);
      await rm(empty, { recursive: true });
      await rm(path.join(folder, 'blue'), { recursive: true });
      await rm(path.join(folder, 'green'), { recursive: true });
      await refused(open(folder), /there is one class only/);
    });
    await inTemporaryFolder(async (folder) => {
      await writeClasses(path.join(folder, 'train'), 1);
      await mkdir(path.join(folder, 'val', 'grey'), { recursive: true });
      await refused(open(folder), /the class "grey" is not in train/, path.join(folder, 'val'));
      await rm(path.join(folder, 'val', 'grey'), { recursive: true });
      await refused(open(folder), /no folder of a class/, path.join(folder, 'val'));
    });
  });

  it('names and counts pictures that are damaged, and leaves out as many as it may', async () => {
    await inTemporaryFolder(async (folder) => {
      await writeClasses(folder, 12);
      for (let n = 0; n < 9; n++)
        await writeFile(path.join(folder, 'red', `${n}.png`), n % 2 ? '' : '<html>');
      const cut = plain(8, 8, colours.blue);
      await writeFile(path.join(folder, 'blue', '3.png'), cut.subarray(0, cut.length - 20));
      await refused(
        open(folder),
        /10 of 36 pictures can't be used\n.*blue\/3\.png: .*cut short[^]*red\/0\.png: is no JPEG[^]*red\/1\.png: is an empty file[^]*and 2 more/,
        folder,
      );
      await refused(open(folder, { maxDamaged: 9 }), /10 of 36/);
      const { train, test } = await open(folder, { maxDamaged: 10 });
      const all = [...(await shown(train)), ...(await shown(test))];
      assert.deepEqual([all.length, all.includes('blue 3'), all.includes('red 9')], [26, false, true]);
      for (let n = 9; n < 12; n++) await rm(path.join(folder, 'red', `${n}.png`));
      await refused(open(folder, { maxDamaged: 10 }), /no picture of the class "red" can be used/);
    });
  });

  it('wants to be told what becomes of sizes that differ', async () => {
    await inTemporaryFolder(async (folder) => {
      await writeClasses(folder, 3, [12, 8]);
      const { train } = await open(folder);
      assert.deepEqual([train.height, train.width], [8, 12], 'they have one size, and keep it');
      await refused(open(folder, { size: 8 }), /some pictures are no squares[^]*9 of 12 x 8[^]*"squash"/);
      await refused(open(folder, { resize: 'crop' }), /dataset\.resize: needs dataset\.size/);
      await writeFile(path.join(folder, 'red', '0.png'), plain(8, 8, [220, 30, 20]));
      await refused(open(folder), /several sizes[^]*8 of 12 x 8\n.*1 of 8 x 8[^]*dataset\.size/);
      for (const resize of ['squash', 'crop']) {
        const opened = await open(folder, { size: 6, resize });
        assert.deepEqual([opened.train.height, opened.train.width], [6, 6]);
        assert.equal((await shown(opened.train)).length + (await shown(opened.test)).length, 9);
      }
      const padded = await open(folder, { size: 6, resize: 'pad' });
      const pixels = await readPixels(
        padded.train,
        Array.from({ length: padded.train.count }, (_, n) => n),
      );
      assert.ok(pixels.includes(0), 'above and below there is black');
    });
    await inTemporaryFolder(async (folder) => {
      await writeClasses(folder, 2, [16, 16]);
      await writeFile(path.join(folder, 'red', '0.png'), plain(9, 9, [220, 30, 20]));
      const { train, test } = await open(folder, { size: 8 });
      assert.equal((await shown(train)).length + (await shown(test)).length, 6, 'squares need no policy');
      const grey = await open(folder, { size: 8, channels: 1 });
      const [value] = await readPixels(grey.train, [0]);
      const [red, green, blue] = colours[names[grey.train.labels[0] ?? 0] ?? 'red'];
      assert.ok(Math.abs((value ?? 0) - (0.299 * red + 0.587 * green + 0.114 * blue)) < 1.5);
    });
  });

  it('follows links inside of it, and none that leave it or lead back', async function () {
    if (process.platform === 'win32') this.skip();
    await inTemporaryFolder(async (outside) => {
      await writeClasses(outside, 2);
      await inTemporaryFolder(async (folder) => {
        await writeClasses(folder, 2);
        await symlink('../red', path.join(folder, 'red', 'again'));
        await refused(open(folder), /is a link to a folder that it lies in/);
        await rm(path.join(folder, 'red', 'again'));
        await symlink('../blue/0.png', path.join(folder, 'red', 'link.png'));
        const { train, test } = await open(folder);
        assert.equal(train.count + test.count, 7);
        await rm(path.join(folder, 'red', 'link.png'));
        await symlink(path.join(outside, 'red', '0.png'), path.join(folder, 'red', 'out.png'));
        await refused(open(folder), /is a link that leads out of its folder/);
        await rm(path.join(folder, 'red', 'out.png'));
        await symlink(path.join(outside, 'red'), path.join(folder, 'scarlet'));
        await refused(open(folder), /is a link that leads out of its folder/);
      });
    });
  });

  it('tells of a picture that is gone, or another one, when it is read', async () => {
    await inTemporaryFolder(async (folder) => {
      await writeClasses(folder, 3);
      const { train } = await open(folder);
      for (const name of names) for (const n of [0, 1, 2]) await rm(path.join(folder, name, `${n}.png`));
      await refused(readPixels(train, [0, 1, 2]), /\.png: the file is missing[^]*Was the folder changed/);
      await writeClasses(folder, 3, [9, 9]);
      await refused(readPixels(train, [0]), /is a picture of 9 x 9 pixels; the others are 8 x 8/);
    });
  });

  it('gives the same batches from any number of threads, cropped pictures too', async () => {
    await inTemporaryFolder(async (folder) => {
      for (const name of names) {
        await mkdir(path.join(folder, name));
        for (const picture of ['420.jpg', 'colour.png', 'lossy.webp', 'grey.jpg', 'palette.png']) {
          await copyFile(
            path.join(repository, 'test/reference/pictures', picture),
            path.join(folder, name, picture),
          );
        }
      }
      const { train } = await open(folder, { size: 16, resize: 'squash' });
      const plan: BatchPlan = {
        ...{ batchSize: 4, stepsPerEpoch: 3, steps: 9, seed: 7, classes: 3, options: {} },
        augment: {
          ...{ crop: 0, flip: true },
          randomResizedCrop: { scale: [0.08, 1], ratio: [3 / 4, 4 / 3] },
        },
        method: { name: 'm2at' },
        meanColour: [0.5, 0.5, 0.5],
      };
      const inline = new TrainingBatches(train, plan, chooseMethod(methods, plan.method));
      const expected = [];
      for (let step = 0; step < plan.steps; step++) expected.push(await inline.at(step));
      for (const threads of [1, 3]) {
        const threaded = await ThreadedBatches.start(train, plan, undefined, undefined, {
          threads,
          ahead: threads + 1,
        });
        try {
          for (const [step, batch] of expected.entries()) {
            assert.deepEqual(await threaded.at(step), batch, `${threads} threads, step ${step}`);
          }
        } finally {
          await threaded.dispose();
        }
      }
      const opened = await openSource(datasets, train.handle());
      assert.deepEqual(await readPixels(opened, [3, 1]), await readPixels(train, [3, 1]));
    });
  });

  it('has to be as it was for a run that is resumed; an attack says that it was changed', async () => {
    await inTemporaryFolder(async (root) => {
      const folder = path.join(root, 'pictures');
      await writeClasses(folder, 6, [16, 16]);
      const experiment = tinyExperiment({
        ...{ device: 'onnx-cpu', threads: 1, dataset: { name: 'folder', folder } },
        method: { name: 'standard' },
        training: { epochs: 2, batchSize: 5 },
        evaluation: {
          during: { count: 3, attacks: [] },
          final: { count: 3, attacks: [] },
        },
        samples: { count: 0 },
      });
      const stopping = new AbortController();
      const stopped = await trainRun({
        ...{ root, experiment, signal: stopping.signal },
        onEvent: (_, event) => {
          if (event.type === 'metric' && event.row.kind === 'step') stopping.abort();
        },
      });
      assert.equal(stopped.status, 'stopped');
      assert.equal(stopped.images, (await open(folder)).fingerprint);
      const again = (): Promise<RunRecord> =>
        trainRun({ root, experiment, signal, resume: stopped.id, onEvent: () => undefined });
      const more = path.join(folder, 'red', 'more.png');
      await writeFile(more, plain(16, 16, [1, 2, 3]));
      await refused(again(), /not those that the run began with[^]*Put them back/);
      await rm(more);
      assert.equal((await again()).status, 'done');

      const attacked = async (given: object = {}): Promise<string> => {
        const logs: string[] = [];
        const { report } = await attackRun({
          ...{ root, signal, seed: 1, threads: 1, device: 'onnx-cpu', count: 3, ...given },
          checkpoint: path.join(runDirectory(root, stopped.id), 'checkpoints', 'last'),
          attacks: [requested({ name: 'fgsm' })],
          onEvent: (_, event) => {
            if (event.type === 'log') logs.push(event.text);
          },
        });
        const [warning = ''] = report.warnings.filter((text) => text.includes('The files of the data set'));
        assert.equal(warning !== '', logs.includes(warning), 'the log has it, too');
        return warning;
      };
      assert.equal(await attacked(), '');
      await writeFile(more, plain(16, 16, [1, 2, 3]));
      const said = /^The files of the data set were changed since the network was trained on them/;
      assert.match(await attacked(), said);
      assert.match(await attacked({ dataset: { name: 'folder', folder, testShare: 1 } }), said);
      const others = path.join(root, 'others');
      await writeClasses(others, 2, [16, 16]);
      assert.equal(await attacked({ dataset: { name: 'folder', folder: others, testShare: 1 } }), '');
    });
  }).timeout(60_000);

  for (const side of [32, 224]) {
    it(`trains with M2AT and is attacked: pictures of ${side} pixels`, async () => {
      await inTemporaryFolder(async (root) => {
        const random = Random.keyed(side, 'pictures');
        for (const name of names) {
          await mkdir(path.join(root, 'pictures', name), { recursive: true });
          for (let n = 0; n < 5; n++) {
            const colour = colours[name];
            const data = Uint8Array.from({ length: side * side * 3 }, (_, i) =>
              Math.max(0, Math.min(255, (colour[i % 3] ?? 0) + random.int(60) - 30)),
            );
            const png = encode({ width: side, height: side, data, channels: 3, depth: 8 });
            await writeFile(path.join(root, 'pictures', name, `${n}.png`), png);
          }
        }
        const experiment = tinyExperiment({
          ...{ device: 'onnx-cpu', threads: 1 },
          method: { name: 'm2at', steps: 1 },
          training: { epochs: 1, batchSize: 5, augment: { randomResizedCrop: {} } },
          evaluation: {
            during: { count: 3, attacks: [{ name: 'pgd', steps: 1 }] },
            final: { count: 3, attacks: [{ name: 'fgsm' }] },
          },
        });
        assert.equal(experiment.training.augment.crop, 0);
        const file = path.join(root, 'pictures.m2at.json');
        const dataset = { name: 'folder', folder: 'pictures' };
        await writeFile(file, JSON.stringify({ ...experiment, dataset }));
        const job = { root, registry: builtIn, signal, onEvent: () => undefined };
        const [run] = await trainJob({ ...job, file });
        assert.deepEqual([run?.status, run?.progress?.steps], ['done', 2]);
        const { report } = await attackRun({
          ...{ ...job, seed: 1, threads: 1, device: 'onnx-cpu', count: 3 },
          checkpoint: path.join(runDirectory(root, run?.id ?? ''), 'checkpoints', 'last'),
          attacks: [requested({ name: 'pgd', steps: 1 })],
        });
        assert.deepEqual(
          [report.dataset, report.count, report.classNames],
          ['folder', 3, ['blue', 'green', 'red']],
        );
      });
    }).timeout(120_000);
  }
});
