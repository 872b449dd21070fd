import type { Random } from '../../../src/core/random';
import { edges, howMany, pick } from './mutate-bytes';

interface Slot {
  readonly path: readonly string[];
  readonly holder: Record<string, unknown> | unknown[];
  readonly key: string;
}

const names: readonly string[] = [
  ...['', '__proto__', 'constructor', 'toString', '../weights.bin', '/etc/passwd', 'C:\\x.bin', '.', 'a\0b'],
  ...['float32', 'int32', 'string', 'complex64', 'uint8', 'float16', 'NaN', '-1', '99999999999999999999'],
  ...[
    'Conv2D',
    'Dense',
    'Lambda',
    'Bidirectional',
    'InputLayer',
    'MatMul',
    'While',
    'StatefulPartitionedCall',
  ],
  ...['same', 'valid', 'causal', 'channelsFirst', 'softmax', 'DT_FLOAT', 'DT_STRING', 'AAAA', 'TkhXQw=='],
];

/** A value of any kind, odd ones first of all. */
function oddValue(random: Random): unknown {
  switch (random.int(8)) {
    case 0:
      return pick(random, [null, true, false, {}, [], '', [[]], { a: null }]);
    case 1:
      return pick(random, [1e308, -1e308, 1e-300, 0.5, -0.5, 1e21]);
    case 2:
      return pick(random, names);
    case 3:
      return Array.from({ length: 1 + random.int(6) }, () => pick(random, edges));
    case 4:
      return 'x'.repeat(10 ** random.int(6));
    case 5:
      return nested(10 ** random.int(4), random.int(2) === 0);
    default:
      return pick(random, edges);
  }
}

function nested(depth: number, list: boolean): unknown {
  let value: unknown = 1;
  for (let i = 0; i < depth; i++) value = list ? [value] : { config: value };
  return value;
}

function slotsOf(root: unknown): Slot[] {
  const slots: Slot[] = [];
  const visit = (value: unknown, path: readonly string[]): void => {
    if (!isHolder(value)) return;
    for (const key of Object.keys(value)) {
      slots.push({ path: [...path, key], holder: value, key });
      visit(read(value, key), [...path, key]);
    }
  };
  visit(root, []);
  return slots;
}

function isHolder(value: unknown): value is Record<string, unknown> | unknown[] {
  return typeof value === 'object' && value !== null && !ArrayBuffer.isView(value);
}

const read = (holder: Slot['holder'], key: string): unknown =>
  Array.isArray(holder) ? holder[Number(key)] : holder[key];

function write(holder: Slot['holder'], key: string, value: unknown): void {
  if (Array.isArray(holder)) holder[Number(key)] = value;
  else Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true });
}

/** Replaces, removes, repeats, renames or exchanges parts of a JSON value; the value is changed. */
function edit(root: unknown, random: Random): string {
  const slots = slotsOf(root);
  if (slots.length === 0) return 'nothing to edit';
  const { holder, key, path } = pick(random, slots);
  const at = path.join('.');
  switch (random.int(6)) {
    case 0:
      if (Array.isArray(holder)) holder.splice(Number(key), 1);
      else Reflect.deleteProperty(holder, key);
      return `without ${at}`;
    case 1: {
      const other = pick(random, slots);
      const value = read(holder, key);
      // A copy: a part that held itself could not be written.
      write(holder, key, structuredClone(read(other.holder, other.key)));
      write(other.holder, other.key, structuredClone(value));
      return `${at} exchanged with ${other.path.join('.')}`;
    }
    case 2:
      if (Array.isArray(holder)) {
        holder.splice(Number(key), 0, structuredClone(read(holder, key)));
        return `${at} twice`;
      }
      write(holder, pick(random, names), read(holder, key));
      return `${at} under another name too`;
    case 3: {
      const value = read(holder, key);
      const number = typeof value === 'number' || typeof value === 'string' ? Number(value) : NaN;
      if (!Number.isFinite(number)) break;
      const changed = pick(random, [number + 1, number - 1, -number, number * 2, number + 0.5]);
      write(holder, key, typeof value === 'string' ? `${changed}` : changed);
      return `${at}: ${changed} for ${number}`;
    }
    default:
  }
  const value = oddValue(random);
  write(holder, key, value);
  return `${at} is odd`;
}

/** What a structured clone may hold and JSON can't. */
const beyondJson: readonly unknown[] = [
  ...[NaN, Infinity, -Infinity, -0, undefined, 10n, new Date(NaN), new Map([['a', 1]]), new Set([1]), /a/],
  ...[
    new Uint8Array(),
    new Uint8Array(3),
    new Float32Array([NaN]),
    new ArrayBuffer(8),
    new Error('of another process'),
  ],
  ...[Number('1e999'), '\ud800', '\x1b[2J', 'a\nb', '\u202eabc'],
];

/** One to three edits of a value that travels between processes; the value stays as it is. */
export function mutateValue(original: unknown, random: Random): { value: unknown; label: string } {
  const root: unknown = structuredClone(original);
  const labels: string[] = [];
  for (let times = howMany(random); times > 0; times--) {
    const slots = random.int(2) ? slotsOf(root) : [];
    if (slots.length === 0) labels.push(edit(root, random));
    else {
      const { holder, key, path } = pick(random, slots);
      write(holder, key, beyondJson[random.int(beyondJson.length)]);
      labels.push(`${path.join('.')} is beyond JSON`);
    }
  }
  return random.int(50) === 0
    ? { value: oddValue(random), label: 'another value' }
    : { value: root, label: labels.join('; ') };
}

/** One to three edits of a JSON text's parts; the text of it all. */
export function mutateJson(text: string, random: Random): { text: string; label: string } {
  const root: unknown = JSON.parse(text);
  const labels: string[] = [];
  for (let times = howMany(random); times > 0; times--) labels.push(edit(root, random));
  return { text: JSON.stringify(root), label: labels.join('; ') };
}
