import type { Random } from '../../../src/core/random';
import { edges, pick } from './mutate-bytes';

/** Another header for the same values: of other types, shapes and orders, repeated, cut off, or no header at all. */
export function mutateNpy(bytes: Buffer, random: Random): { bytes: Buffer; label: string } {
  const length = bytes.readUInt16LE(8);
  const values = bytes.subarray(10 + length);
  const sizes = Array.from({ length: random.int(10) }, () => pick(random, [...edges, 3, 4, 5, 6]));
  const descr = pick(random, [
    '|u1',
    '<f4',
    '<f8',
    '>f4',
    '<f2',
    '|b1',
    '<U7',
    '|O',
    '<c16',
    '<i8',
    '',
    "<f4'",
  ]);
  const shape = pick(random, [
    '(6, 5, 4, 3)',
    '(6,)',
    '()',
    `(${sizes.join(', ')},)`,
    '6',
    '(6, -5, 4, 3)',
    '(1e9,)',
  ]);
  const order = pick(random, ['False', 'False', 'False', 'True', '0', 'None']);
  const fields = [`'descr': '${descr}'`, `'fortran_order': ${order}`, `'shape': ${shape}`];
  if (random.int(4) === 0) fields.splice(random.int(3), 1);
  if (random.int(4) === 0)
    fields.push(pick(random, [...fields, "'shape': (1,)", "'extra': {}", '__import__("os")']));
  const text = `{${fields.join(', ')}, }`.padEnd(random.int(3) ? 117 : 0).concat(random.int(5) ? '\n' : '');
  const version = pick(random, [1, 1, 1, 2, 3, 0, 255]);
  const lead = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0]);
  const said = random.int(5) ? text.length : pick(random, [0, 1, 65_535, 10_000, 2 ** 31]);
  const size = Buffer.alloc(version === 1 ? 2 : 4);
  if (version === 1) size.writeUInt16LE(said % 65_536);
  else size.writeUInt32LE(said);
  return { bytes: Buffer.concat([lead, size, Buffer.from(text, 'latin1'), values]), label: text.trim() };
}
