import type * as tf from '@tensorflow/tfjs';
import type { Trace } from '../tracing/trace';
import { constantValue } from '../tracing/trace-backend';
import type { Value } from '../tracing/value';
import { dims4 } from '../tracing/value';
import { binary } from './arithmetic';
import { lower } from './lower';

type Parameters = Pick<tf.LRNAttrs, 'depthRadius' | 'bias' | 'alpha' | 'beta'>;

/** The sum over the channels within `radius`, as a product with a band matrix. */
function windowSum(t: Trace, x: Value, radius: number): Value {
  const channels = dims4(x.shape)[3];
  const band = Float32Array.from({ length: channels * channels }, (_, i) =>
    Math.abs(Math.floor(i / channels) - (i % channels)) <= radius ? 1 : 0,
  );
  const matrix = constantValue(band, [channels, channels], 'float32');
  return t.plainValue(t.graph.node('MatMul', [t.plain(x), t.plain(matrix)]), x.shape);
}

/** bias + alpha * (sum of squares of the neighbouring channels). */
function scale(t: Trace, x: Value, { depthRadius, bias, alpha }: Parameters): Value {
  const squares = windowSum(t, binary(t, 'Mul', x, x), depthRadius);
  return binary(t, 'Add', binary(t, 'Mul', squares, t.filled(alpha, [])), t.filled(bias, []));
}

function power(t: Trace, x: Value, exponent: number): Value {
  return binary(t, 'Pow', x, t.filled(exponent, []));
}

/** Local response normalization, Krizhevsky et al. 2012: x * scale ^ -beta. */
export function registerResponseNormalization(): void {
  lower<'x', Parameters>('LRN', ['x'], (t, { x }, a) =>
    binary(t, 'Mul', x, power(t, scale(t, x, a), -a.beta)),
  );
  lower<'x' | 'y' | 'dy', Parameters>('LRNGrad', ['x', 'y', 'dy'], (t, { x, y, dy }, a) => {
    const divisor = scale(t, x, a);
    const direct = binary(t, 'Mul', dy, power(t, divisor, -a.beta));
    const shared = windowSum(t, binary(t, 'Div', binary(t, 'Mul', dy, y), divisor), a.depthRadius);
    const factor = binary(t, 'Mul', x, t.filled(2 * a.alpha * a.beta, []));
    return binary(t, 'Sub', direct, binary(t, 'Mul', factor, shared));
  });
}
