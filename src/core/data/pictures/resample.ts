/** Bytes, or floats in [0, 1]. */
type Pixels = Uint8Array | Float32Array;

/** Part of a picture: whole pixels. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

interface Raster<Values extends Pixels> {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly data: Values;
}

/** Bits after the point of a weight for bytes. */
const WEIGHT_BITS = 22;

/**
 * Scales a part of a picture: bilinear where it grows, and where it shrinks over as many pixels as become one (antialiased),
 * first along rows, then along columns. Nothing outside of the part has an effect. For bytes the arithmetic is that of Pillow's
 * `resize(..., Image.BILINEAR)` after `crop`: weights of 22 bits, and bytes between the two passes; floats are not rounded.
 * Since version 13 Pillow begins with the columns where that is less work: then bytes differ by one at most.
 * @param from NHWC of one picture
 * @param size of the whole result
 * @param window of the result that is computed; absent: all of it
 */
export function resample<Values extends Pixels>(
  from: Raster<Values>,
  box: Box,
  size: { readonly width: number; readonly height: number },
  window: Box = { left: 0, top: 0, ...size },
): Values {
  const { channels } = from;
  const columns = weightsOf(box.width, size.width, window.left, window.width);
  const rows = weightsOf(box.height, size.height, window.top, window.height);
  const wide = emptyLike(from.data, box.height * window.width * channels);
  const out = emptyLike(from.data, window.height * window.width * channels);
  const isBytes = from.data instanceof Uint8Array;
  const half = isBytes ? 2 ** (WEIGHT_BITS - 1) : 0;
  const scale = isBytes ? 2 ** -WEIGHT_BITS : 1;
  const stride = window.width * channels;
  for (let y = 0; y < box.height; y++) {
    const start = ((box.top + y) * from.width + box.left) * channels;
    for (let x = 0; x < window.width; x++) {
      const { first, count, at } = columns.spans[x] ?? nothing;
      for (let c = 0; c < channels; c++) {
        let sum = half;
        for (let k = 0, i = start + first * channels + c; k < count; k++, i += channels) {
          sum += (from.data[i] ?? 0) * (columns.weights[at + k] ?? 0);
        }
        wide[y * stride + x * channels + c] = isBytes ? Math.floor(sum * scale) : sum;
      }
    }
  }
  for (let y = 0; y < window.height; y++) {
    const { first, count, at } = rows.spans[y] ?? nothing;
    for (let x = 0; x < stride; x++) {
      let sum = half;
      for (let k = 0, i = first * stride + x; k < count; k++, i += stride) {
        sum += (wide[i] ?? 0) * (rows.weights[at + k] ?? 0);
      }
      out[y * stride + x] = isBytes ? Math.floor(sum * scale) : sum;
    }
  }
  return out;

  /** The weights of each place in the window: whole numbers of 2^-22 for bytes. */
  function weightsOf(before: number, after: number, left: number, places: number): Weights {
    const ratio = before / after;
    // The triangle's half width in pixels before.
    const support = Math.max(1, ratio);
    // Not divided by: the last bit decides between two grey levels now and then.
    const inverse = 1 / support;
    const spans: Span[] = [];
    const weights: number[] = [];
    for (let place = left; place < left + places; place++) {
      const centre = (place + 0.5) * ratio;
      const first = Math.max(0, Math.trunc(centre - support + 0.5));
      const last = Math.min(before, Math.trunc(centre + support + 0.5));
      const triangle = Array.from({ length: last - first }, (_, n) =>
        Math.max(0, 1 - Math.abs((n + first - centre + 0.5) * inverse)),
      );
      const sum = triangle.reduce((total, weight) => total + weight, 0);
      spans.push({ first, count: triangle.length, at: weights.length });
      for (const weight of triangle) {
        const share = weight / sum;
        weights.push(from.data instanceof Uint8Array ? Math.trunc(share * 2 ** WEIGHT_BITS + 0.5) : share);
      }
    }
    return { spans, weights: Float64Array.from(weights) };
  }
}

/** Pixels that go into one, and where their weights begin. */
interface Span {
  readonly first: number;
  readonly count: number;
  readonly at: number;
}
const nothing: Span = { first: 0, count: 0, at: 0 };

interface Weights {
  readonly spans: readonly Span[];
  readonly weights: Float64Array;
}

function emptyLike<Values extends Pixels>(data: Values, length: number): Values {
  // The kind is that of the values, which the type can't say.
  return (data instanceof Uint8Array ? new Uint8Array(length) : new Float32Array(length)) as Values;
}
