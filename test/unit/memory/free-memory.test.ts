import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { freeMemory } from '../../../src/core/memory/free-memory';

const MB = 2 ** 20;

describe('free memory', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(path.join(os.tmpdir(), 'm2at-free-'));
    await write('proc/meminfo', 'MemTotal: 9000000 kB\nMemFree: 1 kB\nMemAvailable:  4096000 kB\n');
  });
  afterEach(() => rm(root, { recursive: true }));

  const write = async (file: string, text: string): Promise<void> => {
    await mkdir(path.dirname(path.join(root, file)), { recursive: true });
    await writeFile(path.join(root, file), text);
  };
  const free = () => freeMemory(root, 'linux');
  const group = async (folder: string, files: Record<string, string | number>): Promise<void> => {
    for (const [name, value] of Object.entries(files)) await write(path.join(folder, name), `${value}\n`);
  };

  it('is what the kernel says is available, where no control group has a limit', async () => {
    assert.deepEqual(await free(), { bytes: 4000 * MB, bound: 'this machine' });
    await write('proc/self/cgroup', '0::/user.slice/a\n');
    await group('sys/fs/cgroup/user.slice/a', { 'memory.max': 'max', 'memory.current': 5 * MB });
    assert.deepEqual(await free(), { bytes: 4000 * MB, bound: 'this machine' });
  });

  it('is what the tightest control group above the process leaves, without what only caches files', async () => {
    await write('proc/self/cgroup', '12:cpu:/x\n0::/outer/inner\n');
    const stat = `anon 1\ninactive_file ${50 * MB}\nactive_file 7`;
    await group('sys/fs/cgroup/outer/inner', { 'memory.max': 3000 * MB, 'memory.current': 100 * MB });
    await group('sys/fs/cgroup/outer', {
      ...{
        'memory.max': 1000 * MB,
        'memory.high': 800 * MB,
        'memory.current': 300 * MB,
        'memory.stat': stat,
      },
    });
    assert.deepEqual(await free(), { bytes: 550 * MB, bound: 'the limit of its control group' });
  });

  it('knows control groups of version 1, and containers that show their own group as the root', async () => {
    await write('proc/self/cgroup', '4:memory:/docker/abc\n1:cpu,cpuacct:/docker/abc\n');
    await group('sys/fs/cgroup/memory', {
      'memory.limit_in_bytes': 700 * MB,
      'memory.usage_in_bytes': 200 * MB,
      'memory.stat': `cache 5\ntotal_inactive_file ${100 * MB}`,
    });
    assert.deepEqual(await free(), { bytes: 600 * MB, bound: 'the limit of its control group' });
    await group('sys/fs/cgroup/memory', { 'memory.usage_in_bytes': 900 * MB });
    assert.equal((await free()).bytes, 0);
    // No limit is a number near 2^63.
    await group('sys/fs/cgroup/memory', { 'memory.limit_in_bytes': '9223372036854771712' });
    assert.equal((await free()).bound, 'this machine');
  });

  it('takes half of the memory for free at least where the system leaves out what it would free', async () => {
    const { bytes } = await freeMemory(root, 'darwin');
    assert.equal(bytes, Math.max(os.freemem(), os.totalmem() / 2));
  });

  it('is a number on this machine', async () => {
    const { bytes } = await freeMemory();
    assert.ok(bytes > 10 * MB && bytes <= os.totalmem(), String(bytes));
  });
});
