import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import path from 'node:path';
import { md5Of } from '../../../src/core/data/checksum';
import { downloadFile, type Download, type DownloadPlaces } from '../../../src/core/data/download';
import { M2atError } from '../../../src/core/errors';
import { inTemporaryFolder, serve } from './support';

const content = Buffer.from(Array.from({ length: 5000 }, (_, n) => (n * 7) % 251));
const checksum = md5Of(createHash('md5').update(content).digest('hex'));
/** What arrived in an earlier download. */
const HALF = 2000;

/** Sends what is asked for, as a server does that knows ranges; `sent` gets the byte that each answer began with. */
function ranges(sent: number[], file = content): RequestListener {
  return (request, response) => {
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    sent.push(from);
    if (from >= file.length) {
      response.writeHead(416).end();
      return;
    }
    const body = file.subarray(from);
    const range = { 'content-range': `bytes ${from}-${file.length - 1}/${file.length}` };
    response.writeHead(from > 0 ? 206 : 200, { 'content-length': body.length, ...(from > 0 && range) });
    response.end(body);
  };
}

interface Fixture {
  readonly places: DownloadPlaces;
  readonly url: string;
  readonly download: (more?: Partial<Download>) => Promise<string>;
  /** Puts what an earlier download left. */
  readonly leave: (part: Uint8Array) => Promise<void>;
}

function withHost(listener: RequestListener, use: (fixture: Fixture) => Promise<void>): Promise<void> {
  return inTemporaryFolder(async (folder) => {
    const server = await serve(listener, listener);
    const places = { own: path.join(folder, 'own'), kept: path.join(folder, 'kept') };
    await mkdir(places.own);
    const url = `${server.url}/file`;
    try {
      await use({
        ...{ places, url },
        download: (more = {}) =>
          downloadFile({ urls: [url], checksum, maxBytes: 10_000, connectTimeout: 2000, ...more }, places),
        leave: async (part) => {
          await mkdir(places.kept);
          await writeFile(path.join(places.kept, `${checksum.hex.slice(0, 16)}.part`), part);
        },
      });
    } finally {
      await server.close();
    }
  });
}

async function assertWhole(file: string): Promise<void> {
  assert.ok(content.equals(await readFile(file)));
}

describe('downloadFile', () => {
  it('goes on from where an earlier download stopped', async () => {
    const sent: number[] = [];
    await withHost(ranges(sent), async ({ download, leave, places }) => {
      await leave(content.subarray(0, HALF));
      const told: (readonly (number | undefined)[])[] = [];
      await assertWhole(await download({ onBytes: (done, total) => told.push([done, total]) }));
      assert.deepEqual(sent, [HALF]);
      assert.deepEqual(told.at(-1), [content.length, content.length]);
      assert.deepEqual(await readdir(places.kept), []);
    });
  });

  it('begins again where the host sends the whole file all the same', async () => {
    const whole: RequestListener = (_, response) => response.end(content);
    await withHost(whole, async ({ download, leave }) => {
      await leave(content.subarray(0, HALF));
      await assertWhole(await download());
    });
  });

  const leftovers: readonly [string, Uint8Array][] = [
    ['is of another file', Buffer.alloc(HALF, 1)],
    ['is longer than the file', Buffer.alloc(content.length + 10)],
    ['is longer than a file may be', Buffer.alloc(20_000)],
  ];
  for (const [name, part] of leftovers) {
    it(`begins again where what was kept ${name}`, async () => {
      const sent: number[] = [];
      await withHost(ranges(sent), async ({ download, leave }) => {
        await leave(part);
        await assertWhole(await download());
        assert.equal(sent.at(-1), 0);
      });
    });
  }

  it('keeps what arrived when it is cancelled or the connection breaks, and then needs the rest alone', async () => {
    let answers = 0;
    const sent: number[] = [];
    const controller = new AbortController();
    const first = content.subarray(0, HALF);
    const breaking: RequestListener = (request, response) => {
      if (answers++ > 1) {
        ranges(sent)(request, response);
        return;
      }
      const from = Number(/\d+/.exec(request.headers.range ?? '')?.[0] ?? 0);
      const range = { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` };
      response.writeHead(from > 0 ? 206 : 200, { 'content-length': content.length - from, ...range });
      response.write(content.subarray(from, from + HALF));
    };
    await withHost(breaking, async ({ download, places }) => {
      // The first chunk tells that the part is on its way to the disk.
      const stop = {
        signal: controller.signal,
        onBytes: () => {
          controller.abort();
        },
      };
      await assert.rejects(download(stop), (error: unknown) => {
        assert.ok(error instanceof M2atError);
        assert.equal(error.code, 'cancelled');
        return true;
      });
      const [part = ''] = await readdir(places.kept);
      assert.ok(first.equals(await readFile(path.join(places.kept, part))));
      const again = new AbortController();
      const twice = {
        signal: again.signal,
        onBytes: () => {
          again.abort();
        },
      };
      await assert.rejects(download(twice), /cancelled/);
      assert.equal((await readFile(path.join(places.kept, part))).length, 2 * HALF);
      await assertWhole(await download());
      assert.deepEqual(sent, [2 * HALF]);
    });
  });

  it('asks the next host where one does not have it, and says what was wrong with each where none has', async () => {
    const other = Buffer.from(content).fill(0, 100, 200);
    const hosts: RequestListener = (request, response) => {
      if (request.url === '/absent') response.writeHead(404).end();
      else if (request.url === '/other') response.end(other);
      else ranges([])(request, response);
    };
    await withHost(hosts, async ({ download, url, places }) => {
      const [absent, wrong] = [url.replace('/file', '/absent'), url.replace('/file', '/other')];
      const hostsAsked = new Set<string>();
      const onBytes = (_done: number, _total: number | undefined, host: string): void => {
        hostsAsked.add(host);
      };
      await assertWhole(await download({ urls: [absent, wrong, url], onBytes }));
      assert.deepEqual([...hostsAsked], [new URL(url).host]);
      await assert.rejects(download({ urls: [absent, wrong] }), (error: unknown) => {
        assert.ok(error instanceof M2atError);
        assert.equal(error.code, 'data');
        assert.match(error.message, /\/absent: the server answered 404/);
        assert.match(error.message, /\/other: MD5 is [0-9a-f]{32}, expected [0-9a-f]{32}/);
        return true;
      });
      assert.ok(!existsSync(places.kept), 'the start of another file is not kept');
    });
  });

  it('gives up what is longer than it may be', async () => {
    await withHost(ranges([]), async ({ download, places }) => {
      await assert.rejects(download({ maxBytes: 4000 }), /more than 4000 bytes/);
      assert.ok(!existsSync(places.kept));
    });
  });
});
