import type * as tf from '@tensorflow/tfjs';
import type { Trace } from '../../tracing/trace';
import type { Value } from '../../tracing/value';
import { dims4 } from '../../tracing/value';
import { blockedFilterGradient } from './blocked-filter-gradient';
import { dilations } from './convolution-input-gradient';

/** Under this many input channels one Gemm a column of taps beats one a tap (measured). */
const NARROW = 64;

/** dw of a convolution: as blocked convolutions where they fit, else as matrix products without im2col. */
export function convolutionFilterGradient(
  t: Trace,
  x: Value,
  dy: Value,
  info: tf.backend_util.Conv2DInfo,
): Value {
  const blocked = blockedFilterGradient(t, x, dy, info);
  if (blocked) return blocked;
  const { strideHeight, strideWidth, outHeight, outWidth, inHeight, inWidth } = info;
  const isDilated = dilations(t, info).some((dilation) => dilation > 1);
  const isSame =
    !isDilated && strideHeight === 1 && strideWidth === 1 && outHeight === inHeight && outWidth === inWidth;
  return isSame ? shifted(t, x, dy, info) : sliced(t, x, dy, info);
}

/** Stride 1, equal sizes: x shifts along the height (long contiguous runs), dy along the width. */
function shifted(t: Trace, x: Value, dy: Value, info: tf.backend_util.Conv2DInfo): Value {
  const { filterHeight: kh, filterWidth: kw, inChannels: c, outChannels: k } = info;
  const [n, h, w] = dims4(dy.shape);
  const q = n * h * w;
  const shape = [kh, kw, c, k];
  const xc = t.graph.node('Transpose', [t.nchw(x)], { perm: [1, 0, 2, 3] });
  const dyc = t.plain(dy);
  const xs = Array.from({ length: kh }, (_, i) => {
    const d = i - info.padInfo.top;
    return d === 0 ? xc : t.graph.node('Pad', [xc, t.graph.int64([0, 0, -d, 0, 0, 0, d, 0])]);
  });
  const ys = Array.from({ length: kw }, (_, j) => {
    const d = j - info.padInfo.left;
    return t.reshape(d === 0 ? dyc : t.graph.node('Pad', [dyc, t.graph.int64([0, 0, d, 0, 0, 0, -d, 0])]), [
      q,
      k,
    ]);
  });
  if (c < NARROW && kh > 1) {
    const stacked = t.reshape(t.graph.node('Concat', xs, { axis: 0 }), [kh * c, q]);
    const columns = ys.map((y) => t.reshape(t.graph.node('Gemm', [stacked, y]), [kh, 1, c, k]));
    return t.plainValue(
      columns.length > 1 ? t.graph.node('Concat', columns, { axis: 1 }) : (columns[0] ?? ''),
      shape,
    );
  }
  const taps = xs.flatMap((tap) => ys.map((y) => t.graph.node('Gemm', [t.reshape(tap, [c, q]), y])));
  return join(t, taps, shape);
}

/** Any stride, dilation and padding: one strided slice of x for each tap. */
function sliced(t: Trace, x: Value, dy: Value, info: tf.backend_util.Conv2DInfo): Value {
  const { filterHeight: kh, filterWidth: kw, inChannels: c, outChannels: k } = info;
  const { strideHeight: sh, strideWidth: sw, inHeight, inWidth } = info;
  const { dilationHeight: dh, dilationWidth: dw } = info;
  const [n, oh, ow] = dims4(dy.shape);
  const q = n * oh * ow;
  // Rows and columns that no window reaches are cropped by a negative pad.
  const { top, left } = info.padInfo;
  const bottom = (oh - 1) * sh + info.effectiveFilterHeight - inHeight - top;
  const right = (ow - 1) * sw + info.effectiveFilterWidth - inWidth - left;
  const pads = [0, top, left, 0, 0, bottom, right, 0];
  const source = pads.some((pad) => pad !== 0)
    ? t.graph.node('Pad', [t.plain(x), t.graph.int64(pads)])
    : t.plain(x);
  const gradient = t.reshape(t.plain(dy), [q, k]);
  const taps: string[] = [];
  for (let i = 0; i < kh; i++) {
    for (let j = 0; j < kw; j++) {
      const slice = t.graph.node('Slice', [
        source,
        t.graph.int64([i * dh, j * dw]),
        t.graph.int64([i * dh + (oh - 1) * sh + 1, j * dw + (ow - 1) * sw + 1]),
        t.graph.int64([1, 2]),
        t.graph.int64([sh, sw]),
      ]);
      taps.push(t.graph.node('Gemm', [t.reshape(slice, [q, c]), gradient], { transA: 1 }));
    }
  }
  return join(t, taps, [kh, kw, c, k]);
}

function join(t: Trace, taps: readonly string[], shape: readonly number[]): Value {
  const name = taps.length > 1 ? t.graph.node('Concat', taps, { axis: 0 }) : (taps[0] ?? '');
  return t.plainValue(t.reshape(name, shape), shape);
}
