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
/** A half, for sums of weighted bytes that are cut off. */
const HALF = 2 ** (WEIGHT_BITS - 1);

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
  const { channels, width, data } = from;
  const isBytes = data instanceof Uint8Array;
  const columns = weightsOf(box.width, size.width, window.left, window.width, isBytes);
  const rows = weightsOf(box.height, size.height, window.top, window.height, isBytes);
  // The kind is that of the values, which the type can't say.
  const empty = (length: number): Values =>
    (isBytes ? new Uint8Array(length) : new Float32Array(length)) as Values;
  const wide = empty(box.height * window.width * channels);
  const out = empty(window.height * window.width * channels);
  const start = (box.top * width + box.left) * channels;
  const step = width * channels;
  const rowsOf = isBytes && channels === 3 ? scaleColourRows : scaleRows;
  rowsOf(data, { start, step, channels, count: box.height }, columns, wide);
  const columnsOf = isBytes ? scaleByteColumns : scaleColumns;
  columnsOf(wide, window.width * channels, rows, out);
  return out;
}

/** Rows of pixels in an array. */
interface Rows {
  readonly start: number;
  /** From one to the next. */
  readonly step: number;
  readonly channels: number;
  readonly count: number;
}

/** What each place is a mean of: `counts` values from `firsts` on, whose weights are at `places` in `weights`. */
interface Weights {
  readonly firsts: Int32Array;
  readonly counts: Int32Array;
  readonly places: Int32Array;
  /** Whole numbers of 2^-22 for bytes. */
  readonly weights: Int32Array | Float64Array;
}

function weightsOf(before: number, after: number, left: number, count: number, isBytes: boolean): Weights {
  const ratio = before / after;
  // The triangle's half width in pixels before.
  const support = Math.max(1, ratio);
  // Not divided by: the last bit decides between two grey levels now and then.
  const inverse = 1 / support;
  const firsts = new Int32Array(count);
  const counts = new Int32Array(count);
  const places = new Int32Array(count);
  const most = 2 * Math.ceil(support) + 1;
  const weights = isBytes ? new Int32Array(count * most) : new Float64Array(count * most);
  const triangle = new Float64Array(most);
  for (let n = 0; n < count; n++) {
    const centre = (left + n + 0.5) * ratio;
    const first = Math.max(0, Math.trunc(centre - support + 0.5));
    const length = Math.min(before, Math.trunc(centre + support + 0.5)) - first;
    let sum = 0;
    for (let k = 0; k < length; k++) {
      const weight = Math.max(0, 1 - Math.abs((k + first - centre + 0.5) * inverse));
      triangle[k] = weight;
      sum += weight;
    }
    firsts[n] = first;
    counts[n] = length;
    places[n] = n * most;
    for (let k = 0; k < length; k++) {
      const share = (triangle[k] ?? 0) / sum;
      weights[n * most + k] = isBytes ? Math.trunc(share * 2 ** WEIGHT_BITS + 0.5) : share;
    }
  }
  return { firsts, counts, places, weights };
}

/** What most pictures are: three bytes a pixel. Sums of bytes with these weights fit into 32 bits. */
function scaleColourRows(
  data: Pixels,
  { start, step, count }: Rows,
  { firsts, counts, places, weights }: Weights,
  out: Pixels,
): void {
  let o = 0;
  for (let y = 0; y < count; y++) {
    const row = start + y * step;
    for (let x = 0; x < firsts.length; x++) {
      let red = HALF;
      let green = HALF;
      let blue = HALF;
      let i = row + 3 * (firsts[x] ?? 0);
      const place = places[x] ?? 0;
      const end = place + (counts[x] ?? 0);
      for (let k = place; k < end; k++, i += 3) {
        const weight = weights[k] ?? 0;
        red = (red + Math.imul(data[i] ?? 0, weight)) | 0;
        green = (green + Math.imul(data[i + 1] ?? 0, weight)) | 0;
        blue = (blue + Math.imul(data[i + 2] ?? 0, weight)) | 0;
      }
      out[o] = red >> WEIGHT_BITS;
      out[o + 1] = green >> WEIGHT_BITS;
      out[o + 2] = blue >> WEIGHT_BITS;
      o += 3;
    }
  }
}

function scaleRows(
  data: Pixels,
  { start, step, channels, count }: Rows,
  { firsts, counts, places, weights }: Weights,
  out: Pixels,
): void {
  const isBytes = data instanceof Uint8Array;
  let o = 0;
  for (let y = 0; y < count; y++) {
    for (let x = 0; x < firsts.length; x++) {
      const place = places[x] ?? 0;
      for (let c = 0; c < channels; c++, o++) {
        let sum = 0;
        let i = start + y * step + (firsts[x] ?? 0) * channels + c;
        for (let k = 0; k < (counts[x] ?? 0); k++, i += channels) {
          sum += (data[i] ?? 0) * (weights[place + k] ?? 0);
        }
        out[o] = isBytes ? (sum + HALF) >> WEIGHT_BITS : sum;
      }
    }
  }
}

/** @param stride values of a row, before as after */
function scaleByteColumns(
  data: Pixels,
  stride: number,
  { firsts, counts, places, weights }: Weights,
  out: Pixels,
): void {
  const sums = new Int32Array(stride);
  for (let y = 0; y < firsts.length; y++) {
    const place = places[y] ?? 0;
    const last = (counts[y] ?? 0) - 1;
    let row = (firsts[y] ?? 0) * stride;
    sums.fill(HALF);
    for (let k = 0; k < last; k++, row += stride) {
      const weight = weights[place + k] ?? 0;
      for (let x = 0; x < stride; x++) sums[x] = (sums[x] ?? 0) + Math.imul(data[row + x] ?? 0, weight);
    }
    const weight = weights[place + last] ?? 0;
    const to = y * stride;
    for (let x = 0; x < stride; x++) {
      out[to + x] = ((sums[x] ?? 0) + Math.imul(data[row + x] ?? 0, weight)) >> WEIGHT_BITS;
    }
  }
}

function scaleColumns(
  data: Pixels,
  stride: number,
  { firsts, counts, places, weights }: Weights,
  out: Pixels,
): void {
  const sums = new Float64Array(stride);
  for (let y = 0; y < firsts.length; y++) {
    sums.fill(0);
    for (let k = 0; k < (counts[y] ?? 0); k++) {
      const weight = weights[(places[y] ?? 0) + k] ?? 0;
      const row = ((firsts[y] ?? 0) + k) * stride;
      for (let x = 0; x < stride; x++) sums[x] = (sums[x] ?? 0) + (data[row + x] ?? 0) * weight;
    }
    out.set(sums, y * stride);
  }
}
