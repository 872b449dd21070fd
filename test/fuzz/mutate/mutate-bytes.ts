import type { Random } from '../../../src/core/random';

export function pick<T>(random: Random, list: readonly T[]): T {
  const chosen = list[random.int(list.length)];
  if (chosen === undefined) throw new RangeError('nothing to pick from');
  return chosen;
}

/** Edits of a file: mostly one, because the first that is noticed hides the others. */
export const howMany = (random: Random): number => pick(random, [1, 1, 1, 1, 2, 3]);

/** Whole numbers that programs trip over: ends of types, and one beside them. */
export const edges: readonly number[] = [
  ...[0, 1, -1, 2, 3, -2, 127, 255, 256, 65_535, 65_536],
  ...[2 ** 24 + 1, 2 ** 31 - 1, 2 ** 31, -(2 ** 31), 2 ** 32, 2 ** 40, 2 ** 53, -(2 ** 53)],
];

type Edit = (bytes: Buffer, random: Random) => Buffer;

/** A place in the bytes: in the first hundred as often as anywhere, because headers are there. */
function place(bytes: Buffer, random: Random): number {
  return random.int(random.int(2) ? bytes.length + 1 : Math.min(101, bytes.length + 1));
}

const edits: Readonly<Record<string, Edit>> = {
  flip: (bytes, random) => {
    const changed = Buffer.from(bytes);
    for (let times = 1 + random.int(8); times > 0 && bytes.length > 0; times--) {
      const at = Math.min(place(bytes, random), bytes.length - 1);
      changed[at] = (changed[at] ?? 0) ^ (1 << random.int(8));
    }
    return changed;
  },
  overwrite: (bytes, random) => {
    const changed = Buffer.from(bytes);
    const at = place(bytes, random);
    changed.fill(random.int(256), at, Math.min(bytes.length, at + 1 + random.int(16)));
    return changed;
  },
  truncate: (bytes, random) => bytes.subarray(0, place(bytes, random)),
  extend: (bytes, random) => Buffer.concat([bytes, Buffer.alloc(1 + random.int(64), random.int(256))]),
  'cut out': (bytes, random) => {
    const at = place(bytes, random);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random.int(32))]);
  },
  splice: (bytes, random) => {
    const [from, to] = [place(bytes, random), place(bytes, random)];
    const part = bytes.subarray(from, from + 1 + random.int(256));
    return Buffer.concat([bytes.subarray(0, to), part, bytes.subarray(to)]);
  },
  swap: (bytes, random) => {
    const [a, b] = [place(bytes, random), place(bytes, random)].sort((x, y) => x - y);
    return Buffer.concat([bytes.subarray(b ?? 0), bytes.subarray(a ?? 0, b), bytes.subarray(0, a)]);
  },
  number: (bytes, random) => {
    const changed = Buffer.from(bytes);
    if (bytes.length < 8) return changed;
    const at = Math.min(place(bytes, random), bytes.length - 8);
    const value = BigInt.asIntN(64, BigInt(pick(random, edges)));
    if (random.int(2)) changed.writeBigInt64LE(value, at);
    else changed.writeInt32LE(Number(BigInt.asIntN(32, value)), at);
    return changed;
  },
  'not a number': (bytes, random) => {
    const changed = Buffer.from(bytes);
    const at = 4 * random.int(Math.floor(bytes.length / 4) + 1);
    if (at + 4 <= bytes.length) changed.writeFloatLE(pick(random, [NaN, Infinity, -Infinity, 3e38]), at);
    return changed;
  },
};

/** One to three edits that know nothing of the format. */
export function mutateBytes(bytes: Buffer, random: Random): { bytes: Buffer; label: string } {
  const labels: string[] = [];
  let changed = bytes;
  for (let times = howMany(random); times > 0; times--) {
    const [label, edit] = pick(random, Object.entries(edits));
    labels.push(label);
    changed = edit(changed, random);
  }
  return { bytes: changed, label: labels.join(', ') };
}
