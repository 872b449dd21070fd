import { writeFile } from 'node:fs/promises';
import { decode } from 'fast-png';
import * as z from 'zod';
import { M2atError, messageOf } from '../../../errors';
import { readJson } from '../../../files/json';
import { readError } from '../../../files/open-for-reading';
import { readLimited } from '../../../files/read-limited';
import { recordBytes } from './source';

const pixels = 32 * 32;
/** 50 000 labels of one digit have some 100 kB. */
const MAX_LABELS_BYTES = 2 ** 23;
/** What 10 000 images have without any compression is 31 MB. */
const MAX_PNG_BYTES = 2 ** 26;
/** The first four bytes; the size is in bytes 16 to 23. */
const PNG_SIGNATURE = 0x89504e47;
const labelList = z.array(z.int().min(0).max(9));

/** The labels of a JSON file of the npm package. Throws M2atError `data` when there are not `count`. */
export async function readLabels(file: string, count: number): Promise<number[]> {
  const json = await readJson(file, MAX_LABELS_BYTES, { code: 'data' }).catch((error: unknown) => {
    throw readError(error, file, { code: 'data' });
  });
  const parsed = labelList.safeParse(json);
  if (!parsed.success) throw new M2atError('data', 'no list of labels from 0 to 9', { where: file });
  if (parsed.data.length !== count) {
    throw new M2atError('data', `${parsed.data.length} labels, expected ${count}`, { where: file });
  }
  return parsed.data;
}

/**
 * Turns a picture with one 32x32 image a row (1024 RGB pixels, row by row) into a file of the binary version.
 * Decoding takes about a second and 60 MB for 10,000 images.
 * @throws M2atError `data` when the picture is damaged or has another shape
 */
export async function convertPng(png: string, labels: readonly number[], target: string): Promise<void> {
  const bytes = await readPng(png);
  assertSize(bytes, labels.length, png);
  const image = decodePng(bytes, png);
  if (image.width !== pixels || image.height !== labels.length || image.channels !== 3 || image.depth !== 8) {
    throw new M2atError(
      'data',
      `a ${image.width} x ${image.height} picture with ${image.channels} channels of ${image.depth} bits, ` +
        `expected ${pixels} x ${labels.length} with 3 channels of 8 bits`,
      { where: png },
    );
  }
  const { data } = image;
  const out = new Uint8Array(labels.length * recordBytes);
  labels.forEach((label, row) => {
    const to = row * recordBytes;
    out[to] = label;
    for (let channel = 0; channel < 3; channel++) {
      const plane = to + 1 + channel * pixels;
      for (let i = 0, from = row * pixels * 3 + channel; i < pixels; i++, from += 3) {
        out[plane + i] = data[from] ?? 0;
      }
    }
  });
  await writeFile(target, out, { flag: 'wx', flush: true });
}

/** Before it is decoded: the decoder makes room for whatever size a picture says that it has. */
function assertSize(bytes: Uint8Array, count: number, where: string): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < 24 || view.getUint32(0) !== PNG_SIGNATURE) return;
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  if (width === pixels && height === count) return;
  throw new M2atError('data', `a ${width} x ${height} picture, expected ${pixels} x ${count}`, { where });
}

async function readPng(file: string): Promise<Uint8Array> {
  return readLimited(file, MAX_PNG_BYTES, { code: 'data' }).catch((error: unknown) => {
    throw readError(error, file, { code: 'data' });
  });
}

function decodePng(bytes: Uint8Array, file: string): ReturnType<typeof decode> {
  try {
    return decode(bytes, { checkCrc: true });
  } catch (error) {
    throw new M2atError('data', `no PNG that can be read (${messageOf(error)})`, {
      where: file,
      cause: error,
    });
  }
}
