import { inside, type Border } from './filters';
import type { Raster } from './image-bytes';

/**
 * The picture at other places: each pixel of the result is read between the four around the place that `placeOf` names,
 * by bilinear weights.
 * @param placeOf writes the place [y, x] of a pixel, in pixels of `image`
 */
export function sampleLinear(
  image: Raster,
  border: Border,
  placeOf: (y: number, x: number, place: Float64Array) => void,
): Raster {
  const { data, height, width, channels } = image;
  const out = new Float64Array(data.length);
  const place = new Float64Array(2);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      placeOf(y, x, place);
      const [atY = 0, atX = 0] = place;
      const [top, left] = [Math.floor(atY), Math.floor(atX)];
      const [down, right] = [atY - top, atX - left];
      const rows = [top, top + 1].map((row) => inside(border, row, height) * width);
      const columns = [left, left + 1].map((column) => inside(border, column, width));
      const at = (row: 0 | 1, column: 0 | 1): number =>
        ((rows[row] ?? 0) + (columns[column] ?? 0)) * channels;
      const [nw, ne, sw, se] = [at(0, 0), at(0, 1), at(1, 0), at(1, 1)];
      for (let c = 0; c < channels; c++) {
        const above = (data[nw + c] ?? 0) * (1 - right) + (data[ne + c] ?? 0) * right;
        const below = (data[sw + c] ?? 0) * (1 - right) + (data[se + c] ?? 0) * right;
        out[(y * width + x) * channels + c] = above * (1 - down) + below * down;
      }
    }
  }
  return { ...image, data: out };
}
