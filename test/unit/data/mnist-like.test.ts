import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { attackRun } from '../../../src/core/attacking/attack-run';
import type { CountedParameters } from '../../../src/core/data/define-dataset';
import { mnistFiles, type MnistLike } from '../../../src/core/data/sets/idx/mnist-like';
import { fetchMnistLike, openMnistLike } from '../../../src/core/data/sets/idx/open';
import { M2atError } from '../../../src/core/errors';
import { trainJob } from '../../../src/core/jobs/train-job';
import { runDirectory } from '../../../src/core/records/run-paths';
import { builtIn } from '../../../src/core/registry/registry';
import { Random } from '../../../src/core/random';
import { requested } from '../attacks/named';
import { tinyExperiment } from '../training/tiny-task';
import { idx } from './idx-file';
import { inTemporaryFolder, serve } from './support';

const side = 28;
const counts = { train: 7, test: 5 };
const signal = new AbortController().signal;

/** A small set of MNIST's form: its files, unpacked, and what is published of them. */
function smallSet(): { readonly files: ReadonlyMap<string, Buffer>; readonly set: MnistLike } {
  const random = Random.keyed(0, 'small-mnist');
  const bytes = (count: number, below: number): Uint8Array =>
    Uint8Array.from({ length: count }, () => random.int(below));
  const contents = [counts.train, counts.test].flatMap((count) => [
    idx([count, side, side], bytes(count * side * side, 256)),
    idx([count], bytes(count, 10)),
  ]);
  const files = new Map(mnistFiles.map((name, n) => [name as string, contents[n] ?? Buffer.alloc(0)]));
  const [a = '', b = '', c = '', d = ''] = contents.map((content) =>
    createHash('md5').update(gzipSync(content)).digest('hex'),
  );
  const set: MnistLike = {
    ...{ name: 'mnist', title: 'MNIST', classNames: '0 1 2 3 4 5 6 7 8 9'.split(' ') },
    normalization: { mean: 0.1, std: 0.3 },
    md5: [a, b, c, d],
    hosts: [],
  };
  return { files, set };
}

const { files, set } = smallSet();
const [trainImages, trainLabels] = mnistFiles;

function parametersOf(folder: string, trainCount = counts.train): CountedParameters {
  return { name: 'mnist', folder, trainCount, testCount: counts.test };
}

/** A folder with the files, packed as they are published or not. */
function withFolder(packed: boolean, use: (folder: string) => Promise<void>): Promise<void> {
  return inTemporaryFolder(async (folder) => {
    for (const [name, content] of files) {
      await writeFile(
        path.join(folder, packed ? name : name.replace('.gz', '')),
        packed ? gzipSync(content) : content,
      );
    }
    await use(folder);
  });
}

async function refused(opening: Promise<unknown>, file: string, message: RegExp): Promise<void> {
  await assert.rejects(opening, (error: unknown) => {
    assert.ok(error instanceof M2atError, String(error));
    assert.deepEqual([error.code, error.where], ['data', file]);
    assert.match(error.what, message);
    assert.match(error.hint ?? '', /train-images-idx3-ubyte/);
    return true;
  });
}

describe('a data set in the files of MNIST', () => {
  for (const packed of [true, false]) {
    it(`reads the first images of each split from ${packed ? 'published' : 'unpacked'} files`, async () => {
      await withFolder(packed, async (folder) => {
        const { train, test } = await openMnistLike(set, parametersOf(folder, 4), {});
        assert.deepEqual(
          [train, test].map((one) => [one.count, one.height, one.width, one.channels, one.values]),
          [
            [4, side, side, 1, 'uint8'],
            [counts.test, side, side, 1, 'uint8'],
          ],
        );
        const images = files.get(trainImages) ?? Buffer.alloc(0);
        const labels = files.get(trainLabels) ?? Buffer.alloc(0);
        assert.deepEqual([...train.labels], [...labels.subarray(8, 12)]);
        const into = new Uint8Array(2 * side * side);
        assert.ok(train.values === 'uint8');
        await train.read([3, 0], into);
        const size = side * side;
        const expected = [images.subarray(16 + 3 * size, 16 + 4 * size), images.subarray(16, 16 + size)];
        assert.deepEqual(Buffer.from(into), Buffer.concat(expected));
      });
    });
  }

  it('names a file that is missing, altered, cut short, of another form, or has a label that is no class', async () => {
    await withFolder(true, async (folder) => {
      const packed = path.join(folder, trainImages);
      await writeFile(packed, Buffer.concat([await readFile(packed), Buffer.from('x')]));
      await refused(openMnistLike(set, parametersOf(folder), {}), packed, /altered: MD5 is/);
    });
    await withFolder(false, async (folder) => {
      const file = path.join(folder, trainImages.replace('.gz', ''));
      const content = await readFile(file);
      const attempt = async (changed: Uint8Array, message: RegExp): Promise<void> => {
        await writeFile(file, changed);
        await refused(openMnistLike(set, parametersOf(folder), {}), file, message);
      };
      await attempt(content.subarray(0, 1000), /ends early/);
      await attempt(
        idx([7, 28, 29], new Uint8Array(7 * 28 * 29)),
        /items of 28 x 29 values, expected 28 x 28/,
      );
      await attempt(idx([3, side, side], content.subarray(16)), /3 items, 7 were asked for/);
      await attempt(idx([7], content.subarray(16)), /no IDX file of unsigned bytes in 3 dimensions/);
      await attempt(Buffer.from('not it'), /ends early/);
      await writeFile(file, content);
      const labels = path.join(folder, trainLabels.replace('.gz', ''));
      await writeFile(labels, idx([7], Uint8Array.of(0, 1, 2, 10, 4, 5, 6)));
      await refused(openMnistLike(set, parametersOf(folder), {}), labels, /image 3 has the label 10/);
    });
    await inTemporaryFolder(async (folder) => {
      await refused(openMnistLike(set, parametersOf(folder), {}), path.join(folder, trainImages), /missing/);
    });
  });

  it('stops where a packed file is damaged', async () => {
    const whole = gzipSync(files.get(trainImages) ?? Buffer.alloc(0));
    const damaged = Buffer.from(whole.subarray(0, whole.length - 2000));
    const md5 = createHash('md5').update(damaged).digest('hex');
    const published: MnistLike = { ...set, md5: [md5, set.md5[1], set.md5[2], set.md5[3]] };
    await withFolder(true, async (folder) => {
      const file = path.join(folder, trainImages);
      await writeFile(file, damaged);
      await refused(openMnistLike(published, parametersOf(folder), {}), file, /no whole gzip file/);
    });
  });

  it('downloads the four files from the first host that has each, once', async () => {
    const server = await serve(
      (_, response) => response.end(),
      (request, response) => {
        const [, host, name = ''] = (request.url ?? '').split('/');
        const content = files.get(name);
        if (host === 'second' && content) response.end(gzipSync(content));
        else response.writeHead(404).end();
      },
    );
    try {
      await inTemporaryFolder(async (cacheDir) => {
        const hosts = [`${server.url}/first/`, `${server.url}/second/`];
        const folder = await fetchMnistLike({ ...set, hosts }, { cacheDir });
        for (const [name, content] of files) {
          assert.ok(content.equals(gunzipSync(await readFile(path.join(folder, name)))), name);
        }
        const asked = server.requests.size;
        assert.equal(await fetchMnistLike({ ...set, hosts }, { cacheDir }), folder);
        assert.deepEqual([asked, server.requests.size], [8, 8]);
        assert.ok([...server.requests.values()].every((times) => times === 1));
        await mkdir(path.join(cacheDir, 'other'));
        await assert.rejects(
          fetchMnistLike(
            { ...set, hosts: [`${server.url}/first/`] },
            { cacheDir: path.join(cacheDir, 'other') },
          ),
          /MNIST could not be fetched\.[^]*404[^]*dataset\.folder/,
        );
      });
    } finally {
      await server.close();
    }
  });

  it('trains and is attacked: grey images of 28 pixels, by the name of the set', async () => {
    await inTemporaryFolder(async (root) => {
      // The data set of the list, whose unpacked files have no checksum.
      const folder = path.join(root, 'raw');
      await mkdir(folder);
      const labels = Uint8Array.from({ length: 10_000 }, (_, n) => n % 10);
      const pictures = new Uint8Array(10_000 * side * side);
      for (const name of mnistFiles) {
        const content = name.includes('labels')
          ? idx([10_000], labels)
          : idx([10_000, side, side], pictures.fill(100, 0, 5000));
        await writeFile(path.join(folder, name.replace('.gz', '')), content);
      }
      const file = path.join(root, 'grey.m2at.json');
      const dataset = { name: 'mnist', folder: 'raw', trainCount: 16, testCount: 8 };
      const experiment = { ...tinyExperiment({ method: { name: 'm2at', steps: 1 } }), device: 'onnx-cpu' };
      await writeFile(file, JSON.stringify({ ...experiment, threads: 1, dataset }));
      const job = { root, registry: builtIn, signal, onEvent: () => undefined };
      const [run] = await trainJob({ ...job, file });
      assert.equal(run?.status, 'done');
      const { report } = await attackRun({
        ...{ ...job, seed: 1, threads: 1, device: 'onnx-cpu', count: 6 },
        checkpoint: path.join(runDirectory(root, run.id), 'checkpoints', 'last'),
        attacks: [requested({ name: 'pgd', steps: 2 })],
      });
      assert.deepEqual([report.dataset, report.count, report.classNames?.length], ['mnist', 6, 10]);
    });
  }).timeout(60_000);
});
