import { encode } from 'fast-png';
import type { NdArray } from '../engine/nd-array';

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
  /** [H, W, C] */
  readonly values: Float32Array;
}

/** Height, width and channels. */
export type TileShape = readonly [height: number, width: number, channels: number];

/**
 * A PNG with one row an image and one tile a column, without gaps. Perturbations are amplified:
 * 0.5 + delta / (2 epsilon).
 * @param rows how many images of each column are shown
 */
export function encodePicture(
  columns: readonly PictureColumn[],
  rows: number,
  epsilon: number,
): Uint8Array<ArrayBuffer> {
  const [, height = 0, width = 0, channels = 1] = columns[0]?.data.shape ?? [];
  const size = height * width * channels;
  const pixels = Array.from({ length: rows }, (_, n) => {
    const tiles = columns.map(({ kind, data }) => ({
      kind,
      values: data.data.subarray(n * size, (n + 1) * size),
    }));
    return pixelRow(tiles, [height, width, channels], epsilon);
  });
  return encodeRows(pixels, width * columns.length, height);
}

/** The pixels of one row of tiles, [H, tiles * W, 3]. Perturbations are amplified: 0.5 + delta / (2 epsilon). */
export function pixelRow(
  tiles: readonly Tile[],
  [height, width, channels]: TileShape,
  epsilon: number,
): Uint8Array<ArrayBuffer> {
  const rowWidth = width * tiles.length;
  const pixels = new Uint8Array(rowWidth * height * 3);
  for (const [column, { kind, values }] of tiles.entries()) {
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

/** A PNG of rows of pixels, one below the other. */
export function encodeRows(
  rows: readonly Uint8Array[],
  width: number,
  rowHeight: number,
): Uint8Array<ArrayBuffer> {
  const size = width * rowHeight * 3;
  const data = new Uint8Array(size * rows.length);
  for (const [n, row] of rows.entries()) data.set(row, n * size);
  return Uint8Array.from(encode({ width, height: rowHeight * rows.length, data, channels: 3, depth: 8 }));
}

function amplified(delta: number, epsilon: number): number {
  return epsilon > 0 ? 0.5 + delta / (2 * epsilon) : 0.5;
}

function byte(value: number): number {
  return Math.round(255 * Math.min(1, Math.max(0, value)));
}
