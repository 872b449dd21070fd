import { NCHWC } from '../../graph/graph';
import type { Trace } from '../../tracing/trace';

export interface Columns {
  /** The first column to take; columns before the source's first and after its last are zero. */
  readonly from: number;
  readonly step: number;
  /** Columns that the source has. */
  readonly available: number;
  /** Columns of the result: from, from + step, … */
  readonly width: number;
}

/**
 * Takes columns of a blocked tensor [N, C, H, W] with a depthwise convolution that copies: one pass over memory in
 * all threads, several times as fast as Pad and Slice. Undefined where one convolution can't do it.
 * @param channels C, whole blocks
 */
export function columnsFrom(t: Trace, source: string, channels: number, o: Columns): string | undefined {
  const { from, step, available, width } = o;
  if (from === 0 && step === 1 && width === available) return source;
  // The last column taken, from the first one. A convolution has floor((inputs - 1 - reach) / step) + 1 outputs.
  const span = step * (width - 1);
  if (from > 0) {
    // Columns are skipped at the start by a kernel whose last tap copies.
    const right = Math.max(0, span + from + 1 - available);
    if (Math.floor((available + right - 1 - from) / step) + 1 !== width) return undefined;
    return copy(t, source, channels, { reach: from, tap: 'last', left: 0, right, step });
  }
  const left = -from;
  const surplus = available + left - 1 - span;
  if (surplus < step) {
    return copy(t, source, channels, { reach: 0, tap: 'first', left, right: Math.max(0, -surplus), step });
  }
  // Columns are dropped at the end by a kernel whose first tap copies.
  return copy(t, source, channels, { reach: surplus, tap: 'first', left, right: 0, step });
}

interface CopyOptions {
  /** Distance of the two taps of the kernel; 0 for a single one. */
  readonly reach: number;
  /** Which of the two copies; the other one is zero. */
  readonly tap: 'first' | 'last';
  readonly left: number;
  readonly right: number;
  readonly step: number;
}

function copy(
  t: Trace,
  source: string,
  channels: number,
  { reach, tap, left, right, step }: CopyOptions,
): string {
  const { block } = t.target;
  const taps = reach > 0 ? 2 : 1;
  const filled = (value: number): string =>
    t.graph.node('Expand', [t.graph.scalar(value), t.graph.int64([channels / block, 1, block])]);
  const weights =
    taps === 1
      ? filled(1)
      : t.graph.node('Concat', tap === 'first' ? [filled(1), filled(0)] : [filled(0), filled(1)], {
          axis: 1,
        });
  const attributes = {
    group: channels,
    kernel_shape: [1, taps],
    pads: [0, left, 0, right],
    strides: [1, step],
    dilations: [1, Math.max(1, reach)],
  };
  return t.graph.node('Conv', [source, t.reshape(weights, [channels, 1, 1, taps])], attributes, {
    domain: NCHWC,
  });
}
