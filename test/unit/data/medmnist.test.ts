import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { attackRun } from '../../../src/core/attacking/attack-run';
import { findDataset } from '../../../src/core/data/load-dataset';
import { datasets } from '../../../src/core/data/sets';
import { defineMedMnist, medMnist, medMnistParameters } from '../../../src/core/data/sets/medmnist';
import { fetchMedMnist, openMedMnist } from '../../../src/core/data/sets/medmnist/open';
import { fileStem, medMnistSets, type MedMnistSet } from '../../../src/core/data/sets/medmnist/sets';
import { parseExperiment } from '../../../src/core/experiment/parse-experiment';
import { trainJob } from '../../../src/core/jobs/train-job';
import { runDirectory } from '../../../src/core/records/run-paths';
import { builtIn } from '../../../src/core/registry/registry';
import { datasetOf } from '../../../src/core/runs/checkpoint-data';
import { requested } from '../attacks/named';
import { tinyExperiment } from '../training/tiny-task';
import { picture, referenceFiles } from './reference-files';
import { inTemporaryFolder, serve } from './support';
import { npy, zip } from './zip-file';

/** A set of three classes whose file is one that NumPy wrote. */
async function smallSet(name: string, counts: MedMnistSet['counts'], channels: 1 | 3): Promise<MedMnistSet> {
  const [first] = medMnistSets;
  assert.ok(first);
  const md5 = createHash('md5')
    .update(await readFile(path.join(referenceFiles, name)))
    .digest('hex');
  return {
    ...{ name: first.name, title: first.title, classNames: ['a', 'b', 'c'], counts, channels },
    md5: { ...first.md5, 28: md5 },
  };
}

const grey = () => smallSet('grey.npz', { train: 16, val: 4, test: 8 }, 1);
const colour = () => smallSet('colour.npz', { train: 6, val: 3, test: 4 }, 3);

async function inFolder(
  set: MedMnistSet,
  name: string,
  use: (folder: string) => Promise<void>,
): Promise<void> {
  await inTemporaryFolder(async (folder) => {
    await copyFile(path.join(referenceFiles, name), path.join(folder, `${fileStem(set)}.npz`));
    await use(folder);
  });
}

describe('MedMNIST', () => {
  it('reads the three splits, grey and in colour', async () => {
    for (const [name, set] of [
      ['grey.npz', await grey()],
      ['colour.npz', await colour()],
    ] as const) {
      const { channels, counts } = set;
      await inFolder(set, name, async (folder) => {
        const parameters = medMnistParameters(set).parse({ name: set.name, folder, trainCount: 5 });
        const { train, test, validation } = await openMedMnist(set, parameters, {});
        const counted = [train, test, validation].map((one) => one && [one.count, one.height, one.channels]);
        assert.deepEqual(counted, [
          [5, 28, channels],
          [counts.test, 28, channels],
          [counts.val, 28, channels],
        ]);
        const into = new Uint8Array(2 * 28 * 28 * channels);
        assert.ok(test.values === 'uint8' && validation?.values === 'uint8');
        await test.read([1, 0], into);
        const before = counts.train + counts.val;
        assert.deepEqual(
          Buffer.from(into),
          Buffer.concat([picture(before + 1, 28, channels), picture(before, 28, channels)]),
        );
        await validation.read([0, 1], into);
        assert.deepEqual(
          Buffer.from(into),
          Buffer.concat([picture(counts.train, 28, channels), picture(counts.train + 1, 28, channels)]),
        );
        assert.deepEqual([...train.labels], [0, 1, 2, 0, 1]);
        assert.deepEqual([...validation.labels].slice(0, 2), [counts.train % 3, (counts.train + 1) % 3]);
      });
    }
  });

  it('is fetched from the address of its file, once', async () => {
    const content = await readFile(path.join(referenceFiles, 'grey.npz'));
    const server = await serve(
      (_, response) => response.end(),
      (_, response) => response.end(content),
    );
    try {
      await inTemporaryFolder(async (cacheDir) => {
        const set = await grey();
        const hosts = [`${server.url}/files/`];
        const folder = await fetchMedMnist(set, 28, { cacheDir }, hosts);
        assert.equal(await fetchMedMnist(set, 28, { cacheDir }, hosts), folder);
        assert.deepEqual([...server.requests], [[`/files/${fileStem(set)}.npz?download=1`, 1]]);
        assert.equal(folder, path.join(cacheDir, 'medmnist', fileStem(set)));
        assert.ok(content.equals(await readFile(path.join(folder, `${fileStem(set)}.npz`))));
        // Another size is another file, and this is not it.
        await assert.rejects(
          fetchMedMnist(set, 64, { cacheDir }, hosts),
          /could not be fetched[^]*_64\.npz\?download=1[^]*dataset\.folder/,
        );
      });
    } finally {
      await server.close();
    }
  });

  it('refuses a file that was altered, of another size, or without its arrays', async () => {
    const set = await grey();
    const [images, labels] = [
      npy('|u1', [2, 30, 30], new Uint8Array(1800)),
      npy('|u1', [2, 1], new Uint8Array(2)),
    ];
    const attempt = async (content: Uint8Array, message: RegExp, counted = true): Promise<void> => {
      await inTemporaryFolder(async (folder) => {
        await writeFile(path.join(folder, `${fileStem(set)}.npz`), content);
        const md5 = createHash('md5').update(content).digest('hex');
        const published = counted ? { ...set, md5: { ...set.md5, 28: md5 } } : set;
        const parameters = medMnistParameters(set).parse({ name: set.name, folder });
        await assert.rejects(openMedMnist(published, parameters, {}), message);
      });
    };
    await attempt(zip([]), /altered: MD5 is/, false);
    await attempt(zip([{ name: 'other.npy', content: labels }]), /no array train_images in it, only other/);
    const files = [
      { name: 'train_images.npy', content: images },
      { name: 'train_labels.npy', content: labels },
    ];
    await attempt(zip(files), /images of 30 x 30 x 1, expected 28 x 28 x 1/);
  });

  it('has eleven sets with the facts of the authors, and says why the twelfth is none', () => {
    assert.equal(medMnist.length, 11);
    for (const { name, facts } of medMnist) {
      assert.match(name, /^medmnist\/[a-z]+mnist$/);
      assert.equal(new Set(facts?.classNames).size, facts?.classNames.length);
    }
    const sums = medMnistSets.flatMap(({ md5 }) => Object.values(md5));
    assert.equal(new Set(sums).size, 44);
    assert.ok(sums.every((sum) => /^[0-9a-f]{32}$/.test(sum)));
    const reason = /medmnist\/chestmnist.* is multi-label: an image shows none or several of 14 findings/;
    assert.throws(() => findDataset(datasets, 'medmnist/chestmnist'), reason);
    const { problems } = parseExperiment(
      JSON.stringify({ ...tinyExperiment(), dataset: { name: 'medmnist/chestmnist' } }),
      builtIn,
    );
    assert.equal(problems?.length, 1);
    assert.match(`${problems[0]?.field ?? ''}: ${problems[0]?.message ?? ''}`, /^dataset\.name: /);
    assert.match(problems[0]?.message ?? '', reason);
  });

  it('trains on its own validation images, and is attacked at the size that it was trained on', async () => {
    const set = await grey();
    await inFolder(set, 'grey.npz', async (root) => {
      const small = defineMedMnist(set);
      const registry = {
        ...builtIn,
        datasets: builtIn.datasets.map((one) => (one.name === small.name ? small : one)),
      };
      const file = path.join(root, 'grey.m2at.json');
      const experiment = { ...tinyExperiment({ method: { name: 'm2at', steps: 1 } }), device: 'onnx-cpu' };
      const dataset = { name: small.name, folder: '.' };
      await writeFile(file, JSON.stringify({ ...experiment, threads: 1, dataset }));
      const { signal } = new AbortController();
      const logs: string[] = [];
      const job = { root, registry, signal };
      const [run] = await trainJob({
        ...{ ...job, file },
        onEvent: (_, event) => {
          if (event.type === 'log') logs.push(event.text);
        },
      });
      assert.equal(run?.status, 'done');
      assert.match(logs.join('\n'), /16 training images, 4 more for validation/);
      const checkpoint = path.join(runDirectory(root, run.id), 'checkpoints', 'last');
      const { report } = await attackRun({
        ...{
          ...job,
          onEvent: () => undefined,
          seed: 1,
          threads: 1,
          device: 'onnx-cpu',
          count: 6,
          checkpoint,
        },
        attacks: [requested({ name: 'pgd', steps: 2 })],
      });
      assert.deepEqual([report.dataset, report.count, report.classNames?.length], [small.name, 6, 3]);

      const large = {
        ...experiment,
        dataset: { name: small.name, folder: '/larger', size: 64, trainCount: 9 },
      };
      await writeFile(path.join(root, 'experiment.json'), JSON.stringify(large));
      const modelFile = path.join(root, 'checkpoints', 'last', 'model.json');
      const found = await datasetOf(registry.datasets, { modelFile, metadata: { dataset: small.name } });
      assert.deepEqual(found, { name: small.name, folder: '/larger', size: 64, trainCount: 1, testCount: 8 });
    });
  }).timeout(60_000);
});
