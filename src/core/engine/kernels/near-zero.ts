import type { Trace } from '../tracing/trace';

/** Where exp(x) - 1 and log(1 + x) would lose more than a bit or two to cancellation. */
const NEAR = 0.5;

/** c[0] + c[1] * x + c[2] * x^2 … */
function polynomial(t: Trace, x: string, coefficients: readonly number[]): string {
  const [last = 0, ...rest] = coefficients.toReversed();
  return rest.reduce(
    (sum, coefficient) => t.graph.node('Add', [t.graph.node('Mul', [sum, x]), t.graph.scalar(coefficient)]),
    t.graph.scalar(last),
  );
}

function nearZero(t: Trace, x: string, near: string, far: string): string {
  const isNear = t.graph.node('Less', [t.graph.node('Abs', [x]), t.graph.scalar(NEAR)]);
  return t.graph.node('Where', [isNear, near, far]);
}

/** exp(x) - 1 to the precision of float32: Taylor's series around 0. */
export function expm1(t: Trace, x: string): string {
  const factorials = [1, 2, 6, 24, 120, 720, 5040, 40_320];
  const near = t.graph.node('Mul', [
    x,
    polynomial(
      t,
      x,
      factorials.map((factorial) => 1 / factorial),
    ),
  ]);
  return nearZero(t, x, near, t.graph.node('Sub', [t.graph.node('Exp', [x]), t.graph.scalar(1)]));
}

/** log(1 + x) to the precision of float32: around 0 as 2 * artanh(x / (2 + x)). */
export function log1p(t: Trace, x: string): string {
  const s = t.graph.node('Div', [x, t.graph.node('Add', [x, t.graph.scalar(2)])]);
  const series = Array.from({ length: 8 }, (_, i) => 2 / (2 * i + 1));
  const near = t.graph.node('Mul', [s, polynomial(t, t.graph.node('Mul', [s, s]), series)]);
  return nearZero(t, x, near, t.graph.node('Log', [t.graph.node('Add', [x, t.graph.scalar(1)])]));
}
