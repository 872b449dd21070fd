import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { attackRun } from '../../../src/core/attacking/attack-run';
import { md5Of } from '../../../src/core/data/checksum';
import { defineDataset, imageParameters } from '../../../src/core/data/define-dataset';
import { svhn } from '../../../src/core/data/sets/svhn';
import { fetchSvhn, openSvhn, svhnSource, type SvhnSource } from '../../../src/core/data/sets/svhn/open';
import { readSvhn } from '../../../src/core/data/sets/svhn/read-svhn';
import { M2atError } from '../../../src/core/errors';
import { trainJob } from '../../../src/core/jobs/train-job';
import { runDirectory } from '../../../src/core/records/run-paths';
import { builtIn } from '../../../src/core/registry/registry';
import { requested } from '../attacks/named';
import { tinyExperiment } from '../training/tiny-task';
import { mat, type MatVariable } from './mat-file';
import { picture, referenceFiles } from './reference-files';
import { inTemporaryFolder, serve } from './support';

const counts = { train: 16, test: 8 };
const names = [svhnSource.train.name, svhnSource.test.name] as const;
const hint = 'expected SVHN';

async function sourceAt(url: string): Promise<SvhnSource> {
  const [train, test] = await Promise.all(
    names.map(async (name) => {
      const content = await readFile(path.join(referenceFiles, name));
      const checksum = md5Of(createHash('md5').update(content).digest('hex'));
      return { name, maxBytes: content.length, exact: true, checksum };
    }),
  );
  assert.ok(train && test);
  return { train, test, hosts: [url] };
}

/** An image of SVHN's form: [32, 32, 3, N], the first axis fastest. */
const pixels = (count: number): Buffer => Buffer.alloc(3072 * count, 7);
const images = (changes: Partial<MatVariable> = {}): MatVariable => ({
  ...{ name: 'X', dimensions: [32, 32, 3, 3], type: 2, values: pixels(3) },
  ...changes,
});
const labels = (values: readonly number[] = [1, 2, 10]): MatVariable => ({
  ...{ name: 'y', dimensions: [values.length, 1], type: 2, values: Buffer.from(values) },
});

describe('SVHN', () => {
  for (const [name, count] of [
    [names[0], counts.train],
    [names[1], counts.test],
  ] as const) {
    it(`reads the images and labels of ${name} as SciPy wrote them`, async () => {
      const read = await readSvhn(path.join(referenceFiles, name), { split: 'train', count, hint });
      assert.deepEqual([read.count, read.height, read.width, read.channels], [count, 32, 32, 3]);
      assert.deepEqual(
        [...read.labels],
        Array.from({ length: count }, (_, n) => ((n % 10) + 1) % 10),
      );
      const into = new Uint8Array(2 * 3072);
      assert.ok(read.values === 'uint8');
      await read.read([count - 1, 1], into);
      assert.deepEqual(into.subarray(0, 3072), picture(count - 1, 32, 3));
      assert.deepEqual(into.subarray(3072), picture(1, 32, 3));
      assert.ok(read.images.buffer instanceof SharedArrayBuffer);
    });
  }

  it('reads the first images only, in whatever order the arrays are, and labels that fit into a tag', async () => {
    await inTemporaryFolder(async (folder) => {
      for (const packed of [true, false]) {
        const file = path.join(folder, 'small.mat');
        await writeFile(file, mat([labels(), images()], packed));
        const read = await readSvhn(file, { split: 'test', count: 2, hint });
        assert.deepEqual([read.count, [...read.labels]], [2, [1, 2]]);
        assert.ok(read.images.every((value) => value === 7));
      }
    });
  });

  it('names what is wrong with a file', async () => {
    await inTemporaryFolder(async (folder) => {
      const file = path.join(folder, 'train_32x32.mat');
      const refused = async (content: Uint8Array, message: RegExp): Promise<void> => {
        await writeFile(file, content);
        await assert.rejects(readSvhn(file, { split: 'train', count: 3, hint }), (error: unknown) => {
          assert.ok(error instanceof M2atError, String(error));
          assert.deepEqual([error.code, error.where, error.hint], ['data', file, hint]);
          assert.match(error.what, message);
          return true;
        });
      };
      const whole = mat([images(), labels()], true);
      await refused(whole.subarray(0, 100), /ends after 100 bytes/);
      await refused(whole.subarray(0, whole.length - 3), /the file ends early/);
      await refused(Buffer.alloc(500, 'x'), /no MATLAB file of level 5/);
      await refused(
        Buffer.concat([Buffer.from('MATLAB 7.3 MAT-file'), Buffer.alloc(200)]),
        /7\.3 file, which is HDF5/,
      );
      await refused(mat([images()], true), /there is no array y/);
      await refused(mat([images(), labels([1, 2])], true), /y of 2 images, 3 were asked for/);
      await refused(mat([images(), labels([1, 2, 3, 4])], true), /4 labels for 3 images/);
      await refused(mat([images(), labels([1, 11, 3])], false), /image 1 has the label 11; 1 to 10/);
      await refused(mat([images(), labels([1, 0, 3])], false), /image 1 has the label 0; 1 to 10/);
      await refused(
        mat([images({ dimensions: [3, 32, 32, 3] })], true),
        /X of 3 x 32 x 32 x 3 numbers \(uint8\), expected 32 x 32 x 3 x N/,
      );
      await refused(
        mat([images({ dimensions: [32, 32, 3, 2 ** 30] })], true),
        /X of 32 x 32 x 3 x 1073741824 numbers has 9216 bytes/,
      );
      const damaged = Buffer.from(whole);
      damaged.fill(0x55, 150, 160);
      await refused(damaged, /damaged or ends early/);
      await assert.rejects(
        readSvhn(path.join(folder, 'none.mat'), { split: 'train', count: 3, hint }),
        /none\.mat: the file is missing/,
      );
    });
  });

  it('is fetched, once, with its checksums', async () => {
    const server = await serve(
      (_, response) => response.end(),
      (request, response) => {
        const name = path.basename(request.url ?? '');
        void readFile(path.join(referenceFiles, name)).then((content) => response.end(content));
      },
    );
    try {
      await inTemporaryFolder(async (cacheDir) => {
        const source = await sourceAt(`${server.url}/housenumbers/`);
        const folder = await fetchSvhn({ cacheDir }, source);
        const { files } = z
          .object({ files: z.record(z.string(), z.object({ md5: z.string() })) })
          .parse(JSON.parse(await readFile(path.join(cacheDir, 'verified-files.json'), 'utf8')));
        assert.deepEqual(
          [source.train, source.test].map(({ name }) => files[path.join(folder, name)]?.md5),
          [source.train.checksum.hex, source.test.checksum.hex],
          'nobody hashes them again',
        );
        assert.equal(await fetchSvhn({ cacheDir }, source), folder);
        assert.deepEqual(
          [...server.requests],
          names.map((name) => [`/housenumbers/${name}`, 1]),
        );
        const parameters = { name: 'svhn', folder, trainCount: 5, testCount: 8 };
        const { train, test } = await openSvhn(parameters, {}, source);
        assert.deepEqual([train.count, test.count], [5, 8]);
        await assert.rejects(openSvhn(parameters, {}), /bytes, expected 182040794[^]*cropped digits/);
      });
    } finally {
      await server.close();
    }
  });

  it('trains and is attacked', async () => {
    await inTemporaryFolder(async (root) => {
      for (const name of names) await copyFile(path.join(referenceFiles, name), path.join(root, name));
      const source = await sourceAt('');
      const small = defineDataset({
        ...svhn,
        facts: { ...svhn.facts, counts },
        parameters: imageParameters('svhn', counts, 'Folder.'),
        open: (parameters, options) => openSvhn(parameters, options, source),
      });
      const registry = {
        ...builtIn,
        datasets: builtIn.datasets.map((one) => (one.name === 'svhn' ? small : one)),
      };
      const file = path.join(root, 'svhn.m2at.json');
      const dataset = { name: 'svhn', folder: '.' };
      const experiment = { ...tinyExperiment({ method: { name: 'm2at', steps: 1 } }), device: 'onnx-cpu' };
      await writeFile(file, JSON.stringify({ ...experiment, threads: 1, dataset }));
      const { signal } = new AbortController();
      const job = { root, registry, signal, onEvent: () => undefined };
      const [run] = await trainJob({ ...job, file });
      assert.equal(run?.status, 'done');
      const { report } = await attackRun({
        ...{ ...job, seed: 1, threads: 1, device: 'onnx-cpu', count: 6 },
        checkpoint: path.join(runDirectory(root, run.id), 'checkpoints', 'last'),
        attacks: [requested({ name: 'pgd', steps: 2 })],
      });
      assert.deepEqual([report.dataset, report.count, report.classNames?.length], ['svhn', 6, 10]);
    });
  }).timeout(60_000);
});
