import type { Trace } from '../tracing/trace';
import type { Value } from '../tracing/value';
import { dims4 } from '../tracing/value';
import { lower } from './lower';

interface ResizeAttributes {
  readonly alignCorners: boolean;
  readonly halfPixelCenters?: boolean;
  readonly size: [number, number];
}

type Method = 'nearest' | 'bilinear';

/** The matrix [outputs, inputs] of a resize along one axis, as TF.js defines it. */
function resizeMatrix(method: Method, inputs: number, outputs: number, a: ResizeAttributes): Float32Array {
  const { alignCorners, halfPixelCenters = false } = a;
  const corners = alignCorners && outputs > 1;
  const scale = (corners ? inputs - 1 : inputs) / (corners ? outputs - 1 : outputs);
  const matrix = new Float32Array(outputs * inputs);
  const add = (row: number, column: number, weight: number): void => {
    const index = row * inputs + column;
    matrix[index] = (matrix[index] ?? 0) + weight;
  };
  for (let row = 0; row < outputs; row++) {
    if (method === 'nearest') {
      const source = halfPixelCenters ? scale * (row + 0.5) : scale * row;
      const nearest = alignCorners ? Math.round(source) : Math.floor(source);
      add(row, Math.max(0, Math.min(inputs - 1, nearest)), 1);
      continue;
    }
    const source = halfPixelCenters ? scale * (row + 0.5) - 0.5 : scale * row;
    const low = Math.max(0, Math.floor(source));
    const high = Math.min(inputs - 1, Math.ceil(source));
    add(row, low, 1 - (source - low));
    add(row, Math.max(0, high), source - low);
  }
  return matrix;
}

/** y = A x B^T on every channel; its gradient is A^T dy B. */
function separable(t: Trace, x: Value, rows: string, columns: string, shape: readonly number[]): Value {
  const name = t.graph.node('MatMul', [t.graph.node('MatMul', [rows, t.nchw(x)]), columns]);
  return t.imageValue('nchw', name, shape);
}

function resize(t: Trace, method: Method, images: Value, a: ResizeAttributes): Value {
  const [n, h, w, c] = dims4(images.shape);
  const [oh, ow] = a.size;
  const rows = t.graph.tensor(resizeMatrix(method, h, oh, a), [oh, h], 'float32');
  const columns = t.graph.tensor(resizeMatrix(method, w, ow, a), [ow, w], 'float32');
  const transposed = t.graph.node('Transpose', [columns], { perm: [1, 0] });
  return separable(t, images, rows, transposed, [n, oh, ow, c]);
}

function resizeGradient(t: Trace, method: Method, dy: Value, images: Value, a: ResizeAttributes): Value {
  const [, h, w] = dims4(images.shape);
  const [, oh, ow] = dims4(dy.shape);
  const rows = t.graph.tensor(resizeMatrix(method, h, oh, a), [oh, h], 'float32');
  const columns = t.graph.tensor(resizeMatrix(method, w, ow, a), [ow, w], 'float32');
  const transposed = t.graph.node('Transpose', [rows], { perm: [1, 0] });
  return separable(t, dy, transposed, columns, images.shape);
}

export function registerResize(): void {
  for (const [kernel, method] of [
    ['ResizeNearestNeighbor', 'nearest'],
    ['ResizeBilinear', 'bilinear'],
  ] as const) {
    lower<'images', ResizeAttributes>(kernel, ['images'], (t, { images }, a) => resize(t, method, images, a));
    lower<'images' | 'dy', ResizeAttributes>(`${kernel}Grad`, ['images', 'dy'], (t, { images, dy }, a) =>
      resizeGradient(t, method, dy, images, a),
    );
  }
}
