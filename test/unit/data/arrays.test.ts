import assert from 'node:assert/strict';
import { copyFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { attackRun } from '../../../src/core/attacking/attack-run';
import { gatherImages } from '../../../src/core/data/batch';
import type { OpenedDataset } from '../../../src/core/data/dataset';
import { loadDataset } from '../../../src/core/data/load-dataset';
import { encodeNpyLabels } from '../../../src/core/data/npy';
import { datasets } from '../../../src/core/data/sets';
import { M2atError } from '../../../src/core/errors';
import { parseExperiment } from '../../../src/core/experiment/parse-experiment';
import { trainJob } from '../../../src/core/jobs/train-job';
import type { AttackReport } from '../../../src/core/records/run-files';
import { runDirectory } from '../../../src/core/records/run-paths';
import { builtIn } from '../../../src/core/registry/registry';
import { holdOut, loadTrainingImages } from '../../../src/core/training/training-data';
import { withValidationRule } from '../../../src/core/experiment/validation-rule';
import { requested } from '../attacks/named';
import { tinyExperiment } from '../training/tiny-task';
import { picture, referenceFiles } from './reference-files';
import { inTemporaryFolder } from './support';
import { npy, zip, type ZipMember } from './zip-file';

const open = (parameters: object): Promise<OpenedDataset> =>
  loadDataset(datasets, { name: 'arrays', ...parameters });

/** The images as units, by their numbers. */
const units = (...numbers: readonly number[]): Float32Array =>
  Float32Array.from(
    numbers.flatMap((n) => [...picture(n, 8, 3)]),
    (value) => value / 255,
  );

const bytes = (count: number): Buffer => npy('|u1', [count, 2, 2], new Uint8Array(4 * count));
const labels = (...values: readonly number[]): Uint8Array => encodeNpyLabels(values);

async function refused(opening: Promise<unknown>, code: string, message: RegExp): Promise<void> {
  await assert.rejects(opening, (error: unknown) => {
    assert.ok(error instanceof M2atError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
    return true;
  });
}

describe("a user's own arrays", () => {
  it('come with their test images where the file has some', async () => {
    const file = path.join(referenceFiles, 'keras.npz');
    const { train, test, classNames, normalization } = await open({ file, trainCount: 10 });
    assert.deepEqual(
      [train.count, test.count, train.height, train.channels, classNames],
      [...[10, 8, 8, 3], ['0', '1', '2']],
    );
    assert.deepEqual((await gatherImages(train, [9, 0])).data, units(9, 0));
    assert.deepEqual((await gatherImages(test, [0, 7])).data, units(12, 19));
    assert.deepEqual([...test.labels], [0, 1, 2, 0, 1, 2, 0, 1]);
    const values = Array.from({ length: 10 }, (_, n) =>
      [...picture(n, 8, 3)].filter((_, i) => i % 3 === 1),
    ).flat();
    const mean = values.reduce((sum, value) => sum + value / 255, 0) / values.length;
    assert.ok(Math.abs((normalization.mean[1] ?? 0) - mean) < 1e-12, 'of the ten that are trained on');
  });

  it('are split by the seed of the data set where there are none', async () => {
    const file = path.join(referenceFiles, 'channels-first.npz');
    const numbersOf = async (split: OpenedDataset['train']): Promise<number[]> => {
      const { data } = await gatherImages(
        split,
        Array.from({ length: split.count }, (_, n) => n),
      );
      // The first pixel of image n is 37 n, of 256.
      return Array.from({ length: split.count }, (_, n) => {
        const first = Math.round((data[n * 192] ?? 0) * 255);
        return Array.from({ length: 20 }, (_, k) => k).find((k) => (37 * k) % 256 === first) ?? -1;
      });
    };
    const { train, test, classNames } = await open({ file, testShare: 0.3 });
    const [trained, tested] = [await numbersOf(train), await numbersOf(test)];
    assert.deepEqual([trained.length, tested.length, classNames.length], [14, 6, 3]);
    assert.deepEqual(
      [...trained, ...tested].sort((a, b) => a - b),
      Array.from({ length: 20 }, (_, n) => n),
    );
    assert.deepEqual(
      [...train.labels, ...test.labels],
      [...trained, ...tested].map((n) => n % 3),
    );
    const again = await open({ file, testShare: 0.3, trainCount: 1 });
    assert.deepEqual(await numbersOf(again.test), tested, 'whatever is trained on');
    assert.deepEqual(await numbersOf(again.train), trained.slice(0, 1));
    const other = await open({ file, testShare: 0.3, seed: 1 });
    assert.notDeepEqual(await numbersOf(other.test), tested);
  });

  it('are pairs of .npy as well, with names of their classes', async () => {
    await inTemporaryFolder(async (folder) => {
      const place = (name: string): string => path.join(folder, name);
      await writeFile(
        place('x.npy'),
        npy('|u1', [3, 8, 8, 3], Buffer.concat([0, 1, 2].map((n) => picture(n, 8, 3)))),
      );
      await writeFile(place('y.npy'), labels(0, 2, 0));
      await writeFile(place('tx.npy'), npy('|u1', [1, 3, 8, 8], new Uint8Array(192).fill(9)));
      await writeFile(place('ty.npy'), labels(1));
      const pairs = { images: place('x.npy'), labels: place('y.npy') };
      const tests = { testImages: place('tx.npy'), testLabels: place('ty.npy') };
      const classNames = ['cat', 'dog', 'emu'];
      const opened = await open({ ...pairs, ...tests, classNames });
      assert.deepEqual([opened.train.count, opened.test.count, opened.classNames], [3, 1, classNames]);
      assert.deepEqual((await gatherImages(opened.train, [2])).data, units(2));
      await refused(
        open({ ...pairs, ...tests, classNames: ['cat', 'dog'] }),
        'data',
        /label 1 is 2[^]*2 class names/,
      );
      await refused(
        open({ ...pairs, classNames, trainCount: 3 }),
        'bad-input',
        /trainCount is 3; there are 2 training/,
      );
      await refused(open(pairs), 'data', /no image has the label 1, and some have 2[^]*dataset\.classNames/);
    });
  });

  it('that are not as they should be are refused in words', async () => {
    await inTemporaryFolder(async (folder) => {
      const file = path.join(folder, 'set.npz');
      const attempt = async (
        members: readonly (readonly [string, Uint8Array])[],
        message: RegExp,
      ): Promise<void> => {
        await writeFile(
          file,
          zip(members.map(([name, content]): ZipMember => ({ name: `${name}.npy`, content }))),
        );
        await refused(open({ file }), 'data', message);
      };
      await attempt(
        [
          ['pixels', bytes(2)],
          ['classes', labels(0, 1)],
        ],
        /there are pixels, classes[^]*x_train and y_train/,
      );
      await attempt([], /there are no arrays in it/);
      await attempt(
        [
          ['x', bytes(2)],
          ['y', labels(0, 1, 1)],
        ],
        /3 labels for 2 images/,
      );
      await attempt(
        [
          ['x', bytes(2)],
          ['y', labels(0, -1)],
        ],
        /label 1 is -1/,
      );
      await attempt(
        [
          ['x', bytes(2)],
          ['y', labels(0, 70_000)],
        ],
        /label 1 is 70000[^]*At most 10000 classes/,
      );
      await attempt(
        [
          ['x', bytes(2)],
          ['y', labels(0, 0)],
        ],
        /all images have the label 0/,
      );
      await attempt(
        [
          ['x', bytes(1)],
          ['y', labels(1)],
        ],
        /no image has the label 0/,
      );
      await attempt(
        [
          ['x', labels(1, 2)],
          ['y', labels(0, 1)],
        ],
        /images of type <i8/,
      );
      await attempt(
        [
          ['x_train', bytes(2)],
          ['y_train', labels(0, 1)],
          ['x_test', bytes(1)],
        ],
        /has x_test, and no y_test/,
      );
      const wide = npy('|u1', [1, 3, 2], new Uint8Array(6));
      await attempt(
        [
          ['x_train', bytes(2)],
          ['y_train', labels(0, 1)],
          ['x_test', wide],
          ['y_test', labels(0)],
        ],
        /are not as the training images[^]*Those are 2 x 2 x 1/,
      );
    });
  });

  it('are told in an experiment by one file or by pairs, and by nothing else', () => {
    const problemsOf = (dataset: object): string[] => {
      const text = JSON.stringify({ ...tinyExperiment(), dataset: { name: 'arrays', ...dataset } });
      return (parseExperiment(text, builtIn).problems ?? []).map(
        ({ field, message }) => `${field} ${message}`,
      );
    };
    assert.deepEqual(problemsOf({ file: 'set.npz' }), []);
    assert.deepEqual(problemsOf({ images: 'x.npy', labels: 'y.npy' }), []);
    assert.match(problemsOf({}).join(), /^dataset\.file is missing: name a \.npz, or `images` and `labels`$/);
    assert.match(problemsOf({ images: 'x.npy' }).join(), /^dataset\.labels is missing/);
    assert.match(
      problemsOf({ file: 'a.npz', images: 'x.npy', labels: 'y.npy' }).join(),
      /dataset\.images is given beside/,
    );
    assert.match(
      problemsOf({ images: 'x.npy', labels: 'y.npy', testLabels: 'z.npy' }).join(),
      /^dataset\.testImages is missing beside `testLabels`$/,
    );
  });

  it('have one mean, whatever is held out of them, and for a run that is resumed', async () => {
    await inTemporaryFolder(async (folder) => {
      const file = path.join(folder, 'set.npz');
      const count = 100;
      const pixels = Uint8Array.from({ length: 4 * count }, (_, i) => Math.floor(i / 4) * 2);
      const labels = Uint8Array.from({ length: count }, (_, n) => n % 2);
      const members = (names: readonly string[]): ZipMember[] =>
        names.flatMap((name) => [
          { name: `x_${name}.npy`, content: npy('|u1', [count, 2, 2], pixels) },
          { name: `y_${name}.npy`, content: npy('|u1', [count], labels) },
        ]);
      for (const [names, trainCount, from] of [
        [['train', 'test'], 99, undefined],
        [['train', 'test'], 50, 'left-out'],
        [['train', 'test', 'val'], 50, 'data-set'],
      ] as const) {
        await writeFile(file, zip(members(names)));
        const asked = tinyExperiment({
          dataset: { name: 'arrays', file, trainCount },
          training: { validation: 'auto', batchSize: 8 },
        });
        const open = (experiment: typeof asked) => loadTrainingImages(datasets, experiment, undefined, {});
        const begun = await open(asked);
        const recorded = withValidationRule(asked, begun.images);
        const { validation } = recorded.training;
        assert.ok(typeof validation === 'object');
        assert.equal(validation.from, from);
        const resumed = await open(recorded);
        assert.deepEqual(resumed.loaded.normalization, begun.loaded.normalization);
        assert.ok(Math.abs((begun.loaded.normalization.mean[0] ?? 0) - 99 / 255) < 1e-6, 'that of all');
        const [one, other] = [
          holdOut(begun.loaded, asked, begun.images),
          holdOut(resumed.loaded, recorded, resumed.images),
        ];
        assert.deepEqual([...other.train.labels], [...one.train.labels]);
        assert.equal(other.train.count, from === undefined ? 97 : 50);
        assert.deepEqual(other.validation?.count, one.validation?.count);
      }
      for (const validation of ['auto', 7, { count: 7, from: 'left-out' }]) {
        const dataset = { name: 'arrays', file, trainCount: 101 };
        const experiment = tinyExperiment({ dataset, training: { validation, batchSize: 8 } });
        await assert.rejects(
          loadTrainingImages(datasets, experiment, undefined, {}),
          /dataset\.trainCount is 101; there are 100 training images/,
        );
      }
    });
  });

  it('train and are attacked: the same test images, which the run alone tells', async () => {
    await inTemporaryFolder(async (root) => {
      await copyFile(path.join(referenceFiles, 'channels-first.npz'), path.join(root, 'set.npz'));
      const file = path.join(root, 'own.m2at.json');
      const experiment = { ...tinyExperiment({ method: { name: 'm2at', steps: 1 } }), device: 'onnx-cpu' };
      const dataset = { name: 'arrays', file: 'set.npz', testShare: 0.3, classNames: ['cat', 'dog', 'emu'] };
      await writeFile(file, JSON.stringify({ ...experiment, threads: 1, dataset }));
      const { signal } = new AbortController();
      const job = { root, registry: builtIn, signal, onEvent: () => undefined };
      const [run] = await trainJob({ ...job, file });
      assert.equal(run?.status, 'done');
      const attacked = async (): Promise<AttackReport> => {
        const { report } = await attackRun({
          ...{ ...job, seed: 1, threads: 1, device: 'onnx-cpu', count: 6 },
          checkpoint: path.join(runDirectory(root, run.id), 'checkpoints', 'last'),
          attacks: [requested({ name: 'pgd', steps: 2 })],
        });
        return report;
      };
      const report = await attacked();
      assert.deepEqual([report.dataset, report.count, report.classNames], ['arrays', 6, dataset.classNames]);
      const said = /^The files of the data set were changed since the network was trained on them/;
      assert.doesNotMatch(report.warnings.join('\n'), said);
      await copyFile(path.join(referenceFiles, 'keras.npz'), path.join(root, 'set.npz'));
      assert.match((await attacked()).warnings[0] ?? '', said);
    });
  }).timeout(60_000);
});
