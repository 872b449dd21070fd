import type { Trace } from '../tracing/trace';
import type { Value } from '../tracing/value';
import { unary } from './elementwise';
import { prelu, relu } from './unary';

/** The activation of a fused TF.js op. */
export function activate(
  t: Trace,
  x: Value,
  activation: string | undefined,
  o: { alpha?: number | undefined; weights?: Value | undefined } = {},
): Value {
  const simple = (op: string): Value =>
    unary(t, x, (name) => t.graph.node(op, [name]), { keepsFinite: true });
  switch (activation) {
    case undefined:
    case 'linear':
      return x;
    case 'relu':
      return relu(t, x);
    case 'relu6':
      return unary(t, x, (name) => t.graph.node('Clip', [name, t.graph.scalar(0), t.graph.scalar(6)]), {
        keepsFinite: true,
      });
    case 'elu':
      return simple('Elu');
    case 'sigmoid':
      return simple('Sigmoid');
    case 'leakyrelu':
      return unary(t, x, (name) => t.graph.node('LeakyRelu', [name], { alpha: { float: o.alpha ?? 0.2 } }), {
        keepsFinite: true,
      });
    case 'prelu':
      if (o.weights) return prelu(t, x, o.weights);
  }
  throw t.unsupported(`the activation ${activation} in a fused op`);
}
