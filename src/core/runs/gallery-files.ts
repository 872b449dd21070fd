import path from 'node:path';
import { M2atError } from '../errors';
import { namesIn } from '../files/list-folder';
import { removeFile } from '../files/own-file';
import { readGrid, readPicture, writeGrid, type Samples } from './grid-file';
import { pngText } from './png-file';
import type { SampleGrid } from '../records/run-files';

/** So many are read at most: a file for each attack of an ensemble, at two ends of a curve. */
const MAX_GALLERIES = 64;
/** Of all pictures of a run: each has some megabytes at most. */
export const MAX_GALLERY_BYTES = 2 ** 28;

/** Writes the pictures of an attack by its place. @throws M2atError `io` */
export function writeGallery(folder: string, gallery: Samples): Promise<void> {
  return writeGrid(folder, gallery.grid.attack ?? 0, gallery);
}

/** Which images a picture shows, in itself: between the writing of a picture and of its grid the process may be killed. */
export function rowsText({ rows }: Pick<SampleGrid, 'rows'>): string {
  return rows.map(({ index }) => index).join(',');
}

export interface GalleryPicture {
  readonly png: Uint8Array<ArrayBuffer>;
  /** The image of each row. */
  readonly indices: readonly number[];
}

/** The picture of one gallery, whatever its grid says; undefined where there is none. It may be damaged. */
export async function readGalleryPicture(folder: string, place: number): Promise<GalleryPicture | undefined> {
  const png = await readPicture(folder, place).catch(() => undefined);
  const text = png && pngText(png);
  if (png && text !== undefined) return { png, indices: text.split(',').map(Number) };
  // Pictures of earlier versions don't say it.
  const gallery = await readGallery(folder, place).catch(() => undefined);
  return gallery && { png: gallery.png, indices: gallery.grid.rows.map(({ index }) => index) };
}

/** Removes galleries that belong to a state which was lost. @throws M2atError `io` */
export async function removeGalleries(folder: string, places: readonly number[]): Promise<void> {
  const names = await namesIn(folder);
  for (const name of places.flatMap((place) => [`${place}.json`, `${place}.png`])) {
    if (names.includes(name)) await removeFile(path.join(folder, name));
  }
}

/** The galleries of a run by the places of their attacks, ascending; damaged ones are left out. */
export async function readGalleries(folder: string): Promise<Samples[]> {
  const galleries: Samples[] = [];
  let bytes = 0;
  for (const place of await galleryPlaces(folder)) {
    const gallery = await readGallery(folder, place).catch(() => undefined);
    bytes += gallery?.png.length ?? 0;
    if (bytes > MAX_GALLERY_BYTES) break;
    if (gallery) galleries.push(gallery);
  }
  return galleries;
}

/** The places of attacks that have pictures, ascending. */
export async function galleryPlaces(folder: string): Promise<number[]> {
  const names = await namesIn(folder);
  return names
    .flatMap((name) => /^(\d{1,6})\.json$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b)
    .slice(0, MAX_GALLERIES);
}

/** @throws when it is missing, damaged, or of another attack */
export async function readGallery(folder: string, place: number): Promise<Samples> {
  const { grid, png } = await readGrid(folder, place);
  const { imageSize, columns, rows } = grid;
  const [width, height] = pngSize(png);
  const fits = width === imageSize.width * columns.length && height === imageSize.height * rows.length;
  if (grid.attack !== place || !fits) throw new M2atError('data', 'grid and picture differ');
  return { grid, png };
}

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** Width and height out of the header of a PNG. @throws M2atError `data` */
function pngSize(bytes: Uint8Array): [width: number, height: number] {
  if (bytes.length < 24 || SIGNATURE.some((byte, i) => bytes[i] !== byte)) {
    throw new M2atError('data', 'no PNG');
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return [view.getUint32(16), view.getUint32(20)];
}
