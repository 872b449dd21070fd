import { float32, type NdArray } from '../../../engine/arrays/nd-array';
import type { Random } from '../../../random';
import { around } from '../../around';

/** Top, left, bottom and right of a box in an image; the last row and column are outside of it. */
type Box = readonly [number, number, number, number];

/**
 * The box of CutMix (Yun et al., ICCV 2019, equation 2): sides (H, W) * sqrt(1 - lambda) in whole pixels around a centre
 * that is uniform over the image, clipped to it.
 * @param lambda in [0, 1]
 */
export function drawBox(height: number, width: number, lambda: number, random: Random): Box {
  const side = Math.sqrt(1 - lambda);
  const [top, bottom] = around(random.int(height), Math.floor(height * side), height);
  const [left, right] = around(random.int(width), Math.floor(width * side), width);
  return [top, left, bottom, right];
}

/** Share of each image of [N, H, W, C] that is outside of its box of [N, 4]. */
export function shareOutside(
  boxes: NdArray<'int32'>,
  [, height = 0, width = 0]: readonly number[],
): Float32Array {
  return Float32Array.from({ length: boxes.shape[0] ?? 0 }, (_, n) => {
    const [top, left, bottom, right] = boxOf(boxes, n);
    return 1 - ((bottom - top) * (right - left)) / (height * width);
  });
}

/** Each image with what its partner has in the box. */
export function withBoxes(
  { data, shape }: NdArray<'float32'>,
  boxes: NdArray<'int32'>,
  partner: NdArray<'int32'>,
): NdArray<'float32'> {
  const [count = 0, height = 0, width = 0, channels = 0] = shape;
  const mixed = Float32Array.from(data);
  for (let n = 0; n < count; n++) {
    const [top, left, bottom, right] = boxOf(boxes, n);
    for (let y = top; y < bottom; y++) {
      const at = (image: number, x: number): number => ((image * height + y) * width + x) * channels;
      const other = partner.data[n] ?? NaN;
      mixed.set(data.subarray(at(other, left), at(other, right)), at(n, left));
    }
  }
  return float32(mixed, shape);
}

function boxOf({ data }: NdArray<'int32'>, n: number): Box {
  const [top = 0, left = 0, bottom = 0, right = 0] = data.subarray(4 * n, 4 * n + 4);
  return [top, left, bottom, right];
}
