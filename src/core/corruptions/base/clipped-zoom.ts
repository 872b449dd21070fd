import type { Raster } from './image-bytes';

/**
 * The middle of a picture, enlarged to the picture's size: bilinear, by the rule of SciPy's `zoom`, where the first and the
 * last pixel of the part stay the first and the last.
 * @param factor 1 or more
 */
export function clippedZoom(image: Raster, factor: number): Raster {
  const rows = axisOf(image.height, factor);
  const columns = axisOf(image.width, factor);
  const { data, height, width, channels } = image;
  const out = new Float64Array(data.length);
  for (let y = 0; y < height; y++) {
    const above = (rows.first[y] ?? 0) * width;
    const below = (rows.second[y] ?? 0) * width;
    const down = rows.share[y] ?? 0;
    for (let x = 0; x < width; x++) {
      const left = columns.first[x] ?? 0;
      const right = columns.second[x] ?? 0;
      const across = columns.share[x] ?? 0;
      for (let c = 0; c < channels; c++) {
        const upperLeft = data[(above + left) * channels + c] ?? 0;
        const upperRight = data[(above + right) * channels + c] ?? 0;
        const lowerLeft = data[(below + left) * channels + c] ?? 0;
        const lowerRight = data[(below + right) * channels + c] ?? 0;
        const upper = upperLeft * (1 - across) + upperRight * across;
        const lower = lowerLeft * (1 - across) + lowerRight * across;
        out[(y * width + x) * channels + c] = upper * (1 - down) + lower * down;
      }
    }
  }
  return { ...image, data: out };
}

/** For each pixel of an axis: the two that it lies between, and the share of the second. */
function axisOf(
  size: number,
  factor: number,
): { readonly first: Int32Array; readonly second: Int32Array; readonly share: Float64Array } {
  const part = Math.ceil(size / factor);
  const start = Math.floor((size - part) / 2);
  const enlarged = roundHalfToEven(part * factor);
  const trimmed = Math.floor((enlarged - size) / 2);
  const step = enlarged > 1 ? (part - 1) / (enlarged - 1) : 0;
  const places = Float64Array.from({ length: size }, (_, i) => Math.min(part - 1, (i + trimmed) * step));
  const first = Int32Array.from(places, (place) => start + Math.floor(place));
  return {
    first,
    second: first.map((place) => Math.min(start + part - 1, place + 1)),
    share: places.map((place) => place - Math.floor(place)),
  };
}

function roundHalfToEven(value: number): number {
  const below = Math.floor(value);
  if (value - below !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}
