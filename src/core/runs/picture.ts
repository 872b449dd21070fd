import { encode } from 'fast-png';
import type { NdArray } from '../engine/nd-array';

/** One column of a sample picture. */
export interface PictureColumn {
  readonly kind: 'image' | 'perturbation' | 'mask';
  /** float32 [N, H, W, C]; C is 1 or 3. */
  readonly data: NdArray<'float32'>;
}

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
  const [, tileHeight = 0, tileWidth = 0] = columns[0]?.data.shape ?? [];
  const width = tileWidth * columns.length;
  const pixels = new Uint8Array(width * tileHeight * rows * 3);
  for (const [column, { kind, data }] of columns.entries()) {
    const channels = data.shape[3] ?? 1;
    for (let n = 0; n < rows; n++) {
      for (let y = 0; y < tileHeight; y++) {
        for (let x = 0; x < tileWidth; x++) {
          const from = ((n * tileHeight + y) * tileWidth + x) * channels;
          const to = ((n * tileHeight + y) * width + column * tileWidth + x) * 3;
          for (let c = 0; c < 3; c++) {
            const value = data.data[from + Math.min(c, channels - 1)] ?? 0;
            pixels[to + c] = byte(kind === 'perturbation' ? amplified(value, epsilon) : value);
          }
        }
      }
    }
  }
  return Uint8Array.from(encode({ width, height: tileHeight * rows, data: pixels, channels: 3, depth: 8 }));
}

function amplified(delta: number, epsilon: number): number {
  return epsilon > 0 ? 0.5 + delta / (2 * epsilon) : 0.5;
}

function byte(value: number): number {
  return Math.round(255 * Math.min(1, Math.max(0, value)));
}
