import { M2atError } from '../errors';

/** Element types of `.npy` files that are read here, by their name in the header (little-endian). */
const elements = {
  '|u1': { bytes: 1, read: (view: DataView, at: number) => view.getUint8(at) },
  '|i1': { bytes: 1, read: (view: DataView, at: number) => view.getInt8(at) },
  '<u2': { bytes: 2, read: (view: DataView, at: number) => view.getUint16(at, true) },
  '<i2': { bytes: 2, read: (view: DataView, at: number) => view.getInt16(at, true) },
  '<u4': { bytes: 4, read: (view: DataView, at: number) => view.getUint32(at, true) },
  '<i4': { bytes: 4, read: (view: DataView, at: number) => view.getInt32(at, true) },
  '<i8': { bytes: 8, read: (view: DataView, at: number) => Number(view.getBigInt64(at, true)) },
  '<u8': { bytes: 8, read: (view: DataView, at: number) => Number(view.getBigUint64(at, true)) },
  '<f4': { bytes: 4, read: (view: DataView, at: number) => view.getFloat32(at, true) },
  '<f8': { bytes: 8, read: (view: DataView, at: number) => view.getFloat64(at, true) },
} as const;

export type NpyType = keyof typeof elements;

/** What the header of a `.npy` file says. */
export interface NpyHeader {
  readonly type: NpyType;
  readonly shape: readonly number[];
  /** Where the values begin, in bytes from the start of the file. */
  readonly offset: number;
  /** Bytes of all values. */
  readonly bytes: number;
}

/** The longest header that is read; NumPy writes 118 bytes. */
const MAX_HEADER_BYTES = 10_000;
/** Bytes from the start of a file that are enough for {@link parseNpyHeader}. */
export const NPY_START_BYTES = MAX_HEADER_BYTES + 12;
const MAX_RANK = 8;
const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

/**
 * Reads the header of a `.npy` file, format versions 1 to 3.
 * @param start the first {@link NPY_START_BYTES} bytes, or all where there are fewer
 * @throws M2atError `data`: no such file, another element type, Fortran order, more values than can be counted
 */
export function parseNpyHeader(start: Uint8Array, where: string): NpyHeader {
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength);
  if (start.length < 10 || MAGIC.some((byte, i) => start[i] !== byte)) {
    throw wrong('no .npy file: its first bytes are not \\x93NUMPY', where);
  }
  const version = start[6] ?? 0;
  if (version < 1 || version > 3) throw wrong(`format version ${version}; 1 to 3 are known`, where);
  const lead = version === 1 ? 10 : 12;
  if (start.length < lead) throw wrong('the header is truncated', where);
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > MAX_HEADER_BYTES) {
    throw wrong(`a header of ${length} bytes; at most ${MAX_HEADER_BYTES} are read`, where);
  }
  if (start.length < lead + length) throw wrong('the header is truncated', where);
  const text = Buffer.from(start.buffer, start.byteOffset + lead, length).toString('latin1');
  const { type, shape } = parseDescription(text, where);
  const count = shape.reduce((product, dimension) => product * dimension, 1);
  const bytes = count * elements[type].bytes;
  if (!Number.isSafeInteger(bytes)) throw wrong(`the shape (${shape.join(', ')}) is too large`, where);
  return { type, shape, offset: lead + length, bytes };
}

/** A header for a C-ordered array, padded as NumPy does so that the values are aligned to 64 bytes. */
export function encodeNpyHeader(type: NpyType, shape: readonly number[]): Uint8Array {
  const tuple = shape.length === 1 ? `${shape.join()},` : shape.join(', ');
  const text = `{'descr': '${type}', 'fortran_order': False, 'shape': (${tuple}), }`;
  const length = Math.ceil((10 + text.length + 1) / 64) * 64 - 10;
  const header = Buffer.alloc(10 + length);
  header.set([...MAGIC, 1, 0]);
  header.writeUInt16LE(length, 8);
  header.write(`${text.padEnd(length - 1)}\n`, 10, 'latin1');
  return header;
}

/** A whole file of class indices, int64 [N] as NumPy has them. */
export function encodeNpyLabels(labels: ArrayLike<number>): Uint8Array {
  const header = encodeNpyHeader('<i8', [labels.length]);
  const file = Buffer.alloc(header.length + 8 * labels.length);
  file.set(header);
  for (let n = 0; n < labels.length; n++) file.writeBigInt64LE(BigInt(labels[n] ?? 0), header.length + 8 * n);
  return file;
}

/** The values of an array as numbers of one kind; integers beyond 2^53 lose digits. */
export function npyValues(header: NpyHeader, data: Uint8Array): Float64Array {
  const { bytes, read } = elements[header.type];
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  return Float64Array.from({ length: data.byteLength / bytes }, (_, n) => read(view, n * bytes));
}

function parseDescription(text: string, where: string): Pick<NpyHeader, 'type' | 'shape'> {
  const whole = /^\{[^{}]*\}\s*$/.test(text);
  const descr = only(text, /'descr'\s*:\s*('[^']*'|\[)/g);
  const order = only(text, /'fortran_order'\s*:\s*(True|False)\b/g);
  const tuple = only(text, /'shape'\s*:\s*\(([\d\s,]*)\)/g);
  if (!whole || descr === undefined || order === undefined || tuple === undefined) {
    throw wrong('the header is none that numpy.save writes', where);
  }
  const type = descr.replaceAll("'", '');
  if (!isKnown(type)) {
    const known = Object.keys(elements).join(', ');
    throw wrong(
      `elements of type ${descr}; readable are ${known}`,
      where,
      "Convert it first, for example with x.astype('float32').",
    );
  }
  if (order === 'True') {
    throw wrong(
      'the array is in Fortran order',
      where,
      'Save it in C order: np.save(file, np.ascontiguousarray(x)).',
    );
  }
  const shape = tuple
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map(Number);
  const fits = shape.length <= MAX_RANK && shape.every((size) => Number.isInteger(size) && size < 2 ** 40);
  if (!fits) throw wrong(`the shape (${tuple.slice(0, 80)}) is too large`, where);
  return { type, shape };
}

/** The group of the one match; undefined where there is none, or more than one. */
function only(text: string, pattern: RegExp): string | undefined {
  const matches = [...text.matchAll(pattern)];
  return matches.length === 1 ? matches[0]?.[1] : undefined;
}

function isKnown(type: string): type is NpyType {
  return Object.hasOwn(elements, type);
}

function wrong(what: string, where: string, hint = 'Save the array with numpy.save.'): M2atError {
  return new M2atError('data', what, { where, hint });
}
