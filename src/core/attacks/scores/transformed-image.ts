/** A rotation about the centre of the image, then a shift. */
export interface Transformation {
  /** Degrees, counter-clockwise as seen. */
  readonly rotation: number;
  /** Pixels to the right. */
  readonly right: number;
  /** Pixels down. */
  readonly down: number;
}

/**
 * Writes a transformed image: bilinear interpolation, black beyond the edges.
 * @param shape [H, W, C]
 */
export function writeTransformed(
  image: Float32Array,
  [height = 1, width = 1, channels = 1]: readonly number[],
  { rotation, right, down }: Transformation,
  out: Float32Array,
): void {
  const angle = (rotation * Math.PI) / 180;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const [middleY, middleX] = [(height - 1) / 2, (width - 1) / 2];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      // Where this pixel comes from. Rows count downwards, so a turn to the left has its sine's sign reversed.
      const [v, u] = [y - middleY - down, x - middleX - right];
      const [fromX, fromY] = [middleX + cos * u - sin * v, middleY + sin * u + cos * v];
      const [left, top] = [Math.floor(fromX), Math.floor(fromY)];
      const [shareX, shareY] = [fromX - left, fromY - top];
      const target = (y * width + x) * channels;
      for (let c = 0; c < channels; c++) out[target + c] = 0;
      for (let corner = 0; corner < 4; corner++) {
        const [j, i] = [left + (corner & 1), top + (corner >> 1)];
        const weight = (corner & 1 ? shareX : 1 - shareX) * (corner >> 1 ? shareY : 1 - shareY);
        if (weight === 0 || i < 0 || i >= height || j < 0 || j >= width) continue;
        const source = (i * width + j) * channels;
        for (let c = 0; c < channels; c++) {
          out[target + c] = (out[target + c] ?? 0) + weight * (image[source + c] ?? 0);
        }
      }
    }
  }
  // Four rounded shares of 1 may add up to a little more.
  for (let i = 0; i < out.length; i++) if ((out[i] ?? 0) > 1) out[i] = 1;
}
