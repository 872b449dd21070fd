import path from 'node:path';
import { root } from '../../support/root';

/** What `make_array_files.py` wrote. */
export const referenceFiles = path.join(root, 'test', 'reference', 'arrays');

/** Of image `n` there. */
export function pixel(n: number, row: number, column: number, channel: number): number {
  return (37 * n + 5 * row + 3 * column + 101 * channel) % 256;
}

/** An image there, NHWC. */
export function picture(n: number, side: number, channels: number): Uint8Array {
  return Uint8Array.from({ length: side * side * channels }, (_, i) => {
    const at = Math.floor(i / channels);
    return pixel(n, Math.floor(at / side), at % side, i % channels);
  });
}
