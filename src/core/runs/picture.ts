import { encode } from 'fast-png';
import type { NdArray } from '../engine/arrays/nd-array';

type TileKind = 'image' | 'perturbation' | 'mask';

/** One column of a sample picture. */
export interface PictureColumn {
  readonly kind: TileKind;
  /** float32 [N, H, W, C]; C is 1 or 3. */
  readonly data: NdArray<'float32'>;
}

/** One tile of a row. */
export interface Tile {
  readonly kind: TileKind;
  /** [H, W, C]; a mask has one channel beside images of three. */
  readonly values: Float32Array;
}

/** Height and width; channels that follow are told by the tiles. */
export type TileShape = readonly [height: number, width: number, ...channels: number[]];

/**
 * A PNG with one row an image and one tile a column, without gaps. Perturbations are amplified:
 * 0.5 + delta / (2 epsilon).
 * @param rows how many images of each column are shown
 * @param epsilon absent: the largest change in the image's row
 */
export function encodePicture(
  columns: readonly PictureColumn[],
  rows: number,
  epsilon?: number,
): Uint8Array<ArrayBuffer> {
  const [, height = 0, width = 0] = columns[0]?.data.shape ?? [];
  const pixels = Array.from({ length: rows }, (_, n) => {
    const tiles = columns.map(({ kind, data }) => {
      const size = height * width * (data.shape[3] ?? 1);
      return { kind, values: data.data.subarray(n * size, (n + 1) * size) };
    });
    return pixelRow(tiles, [height, width], epsilon);
  });
  const size = { width: width * columns.length, height: height * rows };
  return Uint8Array.from(encode({ ...size, data: joinRows(pixels), channels: 3, depth: 8 }));
}

/** The pixels of one row of tiles, [H, tiles * W, 3]. Perturbations are amplified: 0.5 + delta / (2 epsilon). */
export function pixelRow(
  tiles: readonly Tile[],
  [height, width]: TileShape,
  epsilon = largestChange(tiles),
): Uint8Array<ArrayBuffer> {
  const rowWidth = width * tiles.length;
  const pixels = new Uint8Array(rowWidth * height * 3);
  for (const [column, { kind, values }] of tiles.entries()) {
    const channels = values.length / (height * width);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const from = (y * width + x) * channels;
        const to = (y * rowWidth + column * width + x) * 3;
        for (let c = 0; c < 3; c++) {
          const value = values[from + Math.min(c, channels - 1)] ?? 0;
          pixels[to + c] = byte(kind === 'perturbation' ? amplified(value, epsilon) : value);
        }
      }
    }
  }
  return pixels;
}

/** Rows of the same size, one below the other. */
export function joinRows(rows: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const size = rows[0]?.length ?? 0;
  const pixels = new Uint8Array(size * rows.length);
  for (const [n, row] of rows.entries()) pixels.set(row, n * size);
  return pixels;
}

function largestChange(tiles: readonly Tile[]): number {
  const changes = tiles.filter(({ kind }) => kind === 'perturbation');
  return changes
    .map(({ values }) => values.reduce((found, value) => Math.max(found, Math.abs(value)), 0))
    .reduce((found, value) => Math.max(found, value), 0);
}

function amplified(delta: number, epsilon: number): number {
  return epsilon > 0 ? 0.5 + delta / (2 * epsilon) : 0.5;
}

function byte(value: number): number {
  return Math.round(255 * Math.min(1, Math.max(0, value)));
}
