import { NCHWC } from '../../graph/graph';
import type { Trace } from '../../tracing/trace';

/** A filter [height, width, input channels, output channels], as TF.js stores it. */
export interface Filter {
  readonly name: string;
  readonly shape: readonly [kh: number, kw: number, inputs: number, outputs: number];
}

/** The same filter with zeros up to whole blocks of channels. */
function padFilter(t: Trace, { name, shape: [kh, kw, i, o] }: Filter, padInputs: boolean): Filter {
  const [ip, op] = [padInputs ? t.padded(i) : i, t.padded(o)];
  if (ip === i && op === o) return { name, shape: [kh, kw, i, o] };
  const padded = t.graph.node('Pad', [name, t.graph.int64([0, 0, 0, 0, 0, 0, ip - i, op - o])]);
  return { name: padded, shape: [kh, kw, ip, op] };
}

/** HWIO to the blocked layout OIHWio of a Conv with blocked input. */
export function blockedFilter(t: Trace, filter: Filter): string {
  const { name, shape } = padFilter(t, filter, true);
  const [kh, kw, i, o] = shape;
  const b = t.target.block;
  const blocks = t.graph.node('Transpose', [t.reshape(name, [kh, kw, i / b, b, o / b, b])], {
    perm: [4, 2, 0, 1, 3, 5],
  });
  return t.reshape(blocks, [o, i, kh, kw]);
}

/** HWIO to the layout OIHWo of a blocked Conv whose input is NCHW because it has less than a block of channels. */
export function stemFilter(t: Trace, filter: Filter): string {
  const { name, shape } = padFilter(t, filter, false);
  const [kh, kw, i, o] = shape;
  const b = t.target.block;
  const blocks = t.graph.node('Transpose', [t.reshape(name, [kh, kw, i, o / b, b])], {
    perm: [3, 2, 0, 1, 4],
  });
  return t.reshape(blocks, [o, i, kh, kw]);
}

/** HWIO to the blocked layout of the Conv that maps output gradients back to inputs. */
export function blockedBackwardFilter(t: Trace, filter: Filter): string {
  const [kh, kw] = filter.shape;
  const { name, inputs, outputs } = backwardTaps(t, filter);
  const b = t.target.block;
  const blocks = t.reshape(name, [kh * kw, (inputs * outputs) / (b * b), b * b]);
  return t.reshape(t.graph.node('Transpose', [blocks], { perm: [1, 0, 2] }), [inputs, outputs, kh, kw]);
}

/** A blocked matrix for each tap, the taps outermost. */
export interface Taps {
  readonly name: string;
  /** Channels, whole blocks. */
  readonly inputs: number;
  readonly outputs: number;
}

/** HWIO to blocked matrices from inputs to outputs: [taps, O/b, I/b, b inputs, b outputs]. */
export function forwardTaps(t: Trace, filter: Filter): Taps {
  const { name, shape } = padFilter(t, filter, true);
  const [kh, kw, i, o] = shape;
  const b = t.target.block;
  const rows = t.reshape(name, [kh * kw, i / b, b, o / b, b]);
  return { name: t.graph.node('Transpose', [rows], { perm: [0, 3, 1, 2, 4] }), inputs: i, outputs: o };
}

/** HWIO to blocked matrices from outputs back to inputs: [taps, I/b, O/b, b outputs, b inputs]. */
export function backwardTaps(t: Trace, filter: Filter): Taps {
  const { name, shape } = padFilter(t, filter, true);
  const [kh, kw, i, o] = shape;
  // Each tap as an image of I channels: the reorder transposes whole blocks, in all threads.
  const images = t.reshape(name, [kh * kw, i, 1, o]);
  const reordered = t.graph.node('ReorderInput', [images], { channels_last: 0 }, { domain: NCHWC });
  return { name: reordered, inputs: i, outputs: o };
}

/** The rows and columns of a filter listed in `rows` and `columns`, in that order. */
export function filterTaps(
  t: Trace,
  filter: Filter,
  rows: readonly number[],
  columns: readonly number[],
): Filter {
  const [kh, kw, i, o] = filter.shape;
  const isIdentity = (list: readonly number[], size: number): boolean =>
    list.length === size && list.every((value, index) => value === index);
  if (isIdentity(rows, kh) && isIdentity(columns, kw)) return filter;
  const taps = rows.flatMap((row) => columns.map((column) => row * kw + column));
  const name = t.graph.node('Gather', [t.reshape(filter.name, [kh * kw, i * o]), t.graph.int64(taps)], {
    axis: 0,
  });
  const shape = [rows.length, columns.length, i, o] as const;
  return { name: t.reshape(name, shape), shape };
}
