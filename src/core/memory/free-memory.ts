import os from 'node:os';
import path from 'node:path';
import { readLimited } from '../files/read-limited';

export interface FreeMemory {
  /** Bytes that this process may still take. */
  readonly bytes: number;
  /** What sets the bound, for people. */
  readonly bound: 'this machine' | 'the limit of its control group';
}

/**
 * Memory that is free for this process: on Linux what the kernel says is available, and what the control groups of the
 * process (versions 1 and 2, those above it too) leave of their limits, where memory that only caches files counts as
 * free. Other systems' own figure leaves out what they would free; half of the memory is taken to be there at least.
 * @param root of the file systems, for tests
 */
export async function freeMemory(root = '/', platform = process.platform): Promise<FreeMemory> {
  if (platform !== 'linux') {
    return { bytes: Math.max(os.freemem(), os.totalmem() / 2), bound: 'this machine' };
  }
  const available = numberIn(await read(path.join(root, 'proc/meminfo')), /^MemAvailable:\s+(\d+) kB/m);
  const machine = available === undefined ? os.freemem() : available * 1024;
  const groups = await groupRooms(root);
  const room = Math.min(...groups);
  return room < machine
    ? { bytes: Math.max(0, room), bound: 'the limit of its control group' }
    : { bytes: machine, bound: 'this machine' };
}

/** What each control group with a limit leaves of it. */
async function groupRooms(root: string): Promise<number[]> {
  const rooms: number[] = [];
  for (const line of (await read(path.join(root, 'proc/self/cgroup'))).split('\n')) {
    const [, controllers = '', group = ''] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (group === '') continue;
    const kind =
      controllers === '' ? version2 : controllers.split(',').includes('memory') ? version1 : undefined;
    if (!kind) continue;
    // In a container the path may be that of the host, where nothing is: the group's own folder is the root then.
    for (const folder of new Set([...parentsOf(group), '/'])) {
      const room = await roomOf(path.join(root, kind.folder, folder), kind);
      if (room !== undefined) rooms.push(room);
    }
  }
  return rooms;
}

interface GroupVersion {
  readonly folder: string;
  readonly limits: readonly string[];
  readonly used: string;
  readonly cache: RegExp;
}

const version1: GroupVersion = {
  folder: 'sys/fs/cgroup/memory',
  limits: ['memory.limit_in_bytes'],
  used: 'memory.usage_in_bytes',
  cache: /^total_inactive_file (\d+)/m,
};
const version2: GroupVersion = {
  folder: 'sys/fs/cgroup',
  limits: ['memory.max', 'memory.high'],
  used: 'memory.current',
  cache: /^inactive_file (\d+)/m,
};

async function roomOf(folder: string, { limits, used, cache }: GroupVersion): Promise<number | undefined> {
  const found: number[] = [];
  for (const name of limits) {
    const limit = numberIn(await read(path.join(folder, name)), /^(\d+)$/m);
    if (limit !== undefined) found.push(limit);
  }
  const taken = numberIn(await read(path.join(folder, used)), /^(\d+)$/m);
  if (found.length === 0 || taken === undefined) return undefined;
  const cached = numberIn(await read(path.join(folder, 'memory.stat')), cache) ?? 0;
  return Math.min(...found) - Math.max(0, taken - cached);
}

/** A group and those above it. */
function parentsOf(group: string): string[] {
  const parts = group.split('/').filter((part) => part !== '' && part !== '..');
  return parts.map((_, n) => `/${parts.slice(0, parts.length - n).join('/')}`);
}

function numberIn(text: string, pattern: RegExp): number | undefined {
  const digits = pattern.exec(text)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** More than any of these files has. */
const MAX_BYTES = 2 ** 20;

/** A file of the kernel; empty where there is none. */
function read(file: string): Promise<string> {
  return readLimited(file, MAX_BYTES).then(String, () => '');
}
