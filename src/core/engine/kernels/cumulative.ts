import * as tf from '@tensorflow/tfjs';
import type { Trace } from '../tracing/trace';
import type { Value } from '../tracing/value';
import { lower } from './lower';

interface CumulativeAttributes {
  readonly axis: number;
  readonly exclusive: boolean;
  readonly reverse: boolean;
}

/** ONNX has no cumulative product: doubling the reach of each element takes log2(n) products. */
function cumulativeProduct(t: Trace, x: Value, axis: number, exclusive: boolean, reverse: boolean): string {
  const size = x.shape[axis] ?? 1;
  const one = t.graph.scalar(1, x.dtype);
  const shifted = (name: string, by: number): string => {
    const at = (offset: number): number[] => x.shape.map((_, i) => (i === axis ? offset : 0));
    const pads = reverse ? [...at(-by), ...at(by)] : [...at(by), ...at(-by)];
    return t.graph.node('Pad', [name, t.graph.int64(pads), one]);
  };
  let name = t.plain(x);
  if (exclusive) name = shifted(name, 1);
  for (let reach = 1; reach < size; reach *= 2) name = t.graph.node('Mul', [name, shifted(name, reach)]);
  return name;
}

export function registerCumulative(): void {
  lower<'x', CumulativeAttributes>('Cumsum', ['x'], (t, { x }, { axis, exclusive, reverse }) => {
    const attributes = { exclusive: exclusive ? 1 : 0, reverse: reverse ? 1 : 0 };
    const inputs = [t.plain(x), t.graph.int64(axisOf(x, axis))];
    return t.plainValue(t.graph.node('CumSum', inputs, attributes), x.shape, x.dtype);
  });
  lower<'x', CumulativeAttributes>('Cumprod', ['x'], (t, { x }, { axis, exclusive, reverse }) =>
    t.plainValue(cumulativeProduct(t, x, axisOf(x, axis), exclusive, reverse), x.shape, x.dtype),
  );
}

function axisOf(x: Value, axis: number): number {
  return tf.util.parseAxisParam(axis, [...x.shape])[0] ?? 0;
}
