import { float32, type NdArray } from '../../../engine/arrays/nd-array';
import { around } from '../../around';

/**
 * Images with a square of each filled. The square is clipped to the image.
 * @param centres row and column, int32 [N, 2]
 * @param colour of each channel; black where it is not given
 */
export function withoutSquares(
  { data, shape }: NdArray<'float32'>,
  centres: NdArray<'int32'>,
  size: number,
  colour: readonly number[] = [],
): NdArray<'float32'> {
  const [count = 0, height = 0, width = 0, channels = 0] = shape;
  const filled = Float32Array.from(data);
  for (let n = 0; n < count; n++) {
    const [row = 0, column = 0] = centres.data.subarray(2 * n, 2 * n + 2);
    const [top, bottom] = around(row, size, height);
    const [left, right] = around(column, size, width);
    for (let y = top; y < bottom; y++) {
      for (let i = left * channels; i < right * channels; i++) {
        filled[(n * height + y) * width * channels + i] = colour[i % channels] ?? 0;
      }
    }
  }
  return float32(filled, shape);
}
