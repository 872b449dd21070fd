import { NCHWC } from '../../graph/graph';
import type { Trace } from '../../tracing/trace';

/** A 3x3 convolution with stride 1 on blocked data. */
export interface WinogradShape {
  readonly n: number;
  readonly height: number;
  readonly width: number;
  /** Size of the output. */
  readonly outHeight: number;
  readonly outWidth: number;
  /** Rows of zeros above and columns of zeros left of the input. */
  readonly top: number;
  readonly left: number;
  /** Channels, whole blocks. */
  readonly inputs: number;
  readonly outputs: number;
}

/** Tensors above this size, in bytes, leave the cache between the passes of the transforms. */
const CACHE = 6e6;
/** Cost of the transforms for each channel and position in multiply-adds of a convolution (measured). */
const COST = { cached: { input: 82, output: 65 }, uncached: { input: 200, output: 95 } } as const;

/** Multiply-adds in the time that fifty more operators take to start, in several threads (measured). */
const OVERHEAD = 8e7;

/**
 * Whether the transforms of F(2x2, 3x3) cost less than the multiplications that they save: 4 instead of 9 for each
 * pair of channels and position.
 */
export function winogradPays(s: WinogradShape): boolean {
  const positions = s.n * s.outHeight * s.outWidth;
  if (s.top < 1 || s.left < 1 || positions < 1024) return false;
  // Outputs that stop short of the input's end (the gradient of a padding over 2) would leave tiles over.
  if (s.outHeight < s.height + s.top - 2 || s.outWidth < s.width + s.left - 2) return false;
  // The 16 matrices must not take more memory than the tensors, several times over.
  if (16 * s.inputs * s.outputs > 2 * positions * (s.inputs + s.outputs)) return false;
  const bytes = 4 * positions * Math.max(s.inputs, s.outputs);
  const cost = bytes > CACHE ? COST.uncached : COST.cached;
  const direct = 9 * s.inputs * s.outputs;
  const minimal = 4 * s.inputs * s.outputs + cost.input * s.inputs + cost.output * s.outputs;
  return minimal < 0.85 * direct && (direct - minimal) * positions > OVERHEAD;
}

/** Each row of B^T has two entries: which rows of the 4x4 tile, and their signs. */
const rows = [
  { first: 0, distance: 2, signs: [1, -1] },
  { first: 1, distance: 1, signs: [1, 1] },
  { first: 1, distance: 1, signs: [-1, 1] },
  { first: 1, distance: 2, signs: [1, -1] },
] as const;
type Row = (typeof rows)[number];

/** G, the filter transform; its last row is negated, as the output transform subtracts what it makes. */
const G = [
  [1, 0, 0],
  [0.5, 0.5, 0.5],
  [0.5, -0.5, 0.5],
  [0, 0, -1],
] as const;

/** The transformed filter: 16 matrices [outputs, inputs, 1, 1] by row and column of the 4x4 products. */
export type WinogradFilters = (row: number, column: number) => string;

/**
 * G g G^T of filters whose nine taps are outermost. A column of the 4x4 products at a time, so that no more than
 * that is alive where the filters are used once.
 * @param taps [9, …]: the taps in row-major order, each a blocked matrix of `inputs * outputs`
 * @param flipped the taps are those of the convolution's transpose: in reverse order
 */
export function winogradFilters(
  t: Trace,
  taps: string,
  { inputs, outputs, flipped }: { inputs: number; outputs: number; flipped: boolean },
): WinogradFilters {
  const flat = t.reshape(taps, [9, inputs * outputs]);
  const columns = G.map((b, j) => {
    const matrix = new Float32Array(4 * 9);
    G.forEach((a, i) => {
      a.forEach((u, p) => {
        b.forEach((v, q) => {
          matrix[9 * i + (flipped ? 8 - (3 * p + q) : 3 * p + q)] = u * v;
        });
      });
    });
    const purpose = `winograd${j}${flipped ? 'flipped' : ''}`;
    const product = t.graph.node('Gemm', [t.graph.sharedTensor(purpose, matrix, [4, 9]), flat]);
    return t.graph.nodes('Split', [t.reshape(product, [4 * outputs, inputs, 1, 1])], 4, { axis: 0 });
  });
  return (row, column) => {
    const matrix = columns[column]?.[row];
    if (matrix === undefined) throw new RangeError(`F(2x2, 3x3) has no product ${row}, ${column}.`);
    return matrix;
  };
}

/**
 * A convolution by Winograd's minimal filtering F(2x2, 3x3): the input's 4x4 tiles and the filter are transformed,
 * multiplied element by element (16 products over channels, each a 1x1 convolution on a quarter of the positions),
 * and transformed back to 2x2 outputs. The transforms are depthwise convolutions, additions, and the `Sum` input
 * of the products. Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", CVPR 2016.
 * @param x blocked [n, inputs, height, width]
 * @param filters of `winogradFilters`
 * @returns blocked [n, outputs, outHeight, outWidth]
 */
export function winogradConvolution(t: Trace, x: string, filters: WinogradFilters, s: WinogradShape): string {
  const at = (i: number, j: number, sum?: string): string => {
    const [row, column] = [rows[i], rows[j]];
    if (!row || !column) throw new RangeError(`F(2x2, 3x3) has no product ${i}, ${j}.`);
    const inputs = [tilePart(t, x, row, column, s), filters(i, j)];
    return pointwise(t, sum === undefined ? inputs : [...inputs, '', sum]);
  };
  // Rows first: [1 1 1 0; 0 1 -1 -1] down each column j of the 4x4 products.
  const columns = rows.map((_, j) => {
    const [one, two] = [at(1, j), at(2, j)];
    return {
      upper: at(0, j, t.graph.node('Add', [one, two])),
      lower: at(3, j, t.graph.node('Sub', [one, two])),
    };
  });
  const [th, tw] = [Math.ceil(s.outHeight / 2), Math.ceil(s.outWidth / 2)];
  const { block } = t.target;
  const planes = (s.n * s.outputs) / block;
  const halves = (['upper', 'lower'] as const).map((half) => {
    const [zero = '', one = '', two = '', three = ''] = columns.map((column) => column[half]);
    const even = t.graph.node('Add', [zero, t.graph.node('Add', [one, two])]);
    // The filters of the last row and column are negated: their products are added.
    const odd = t.graph.node('Add', [t.graph.node('Sub', [one, two]), three]);
    const pixels = [even, odd].map((name) => t.reshape(name, [planes * th * tw, 1, block]));
    return t.reshape(t.graph.node('Concat', pixels, { axis: 1 }), [planes * th, 1, 2 * tw * block]);
  });
  const whole = t.graph.node('Concat', halves, { axis: 1 });
  const shape = [s.n, s.outputs, s.outHeight, s.outWidth];
  if (2 * th === s.outHeight && 2 * tw === s.outWidth) return t.reshape(whole, shape);
  const cropped = t.graph.node('Slice', [
    t.reshape(whole, [planes, 2 * th, 2 * tw * block]),
    t.graph.int64([0, 0]),
    t.graph.int64([s.outHeight, s.outWidth * block]),
    t.graph.int64([1, 2]),
  ]);
  return t.reshape(cropped, shape);
}

/** One of the 16 entries of B^T d B for all tiles: [n, inputs, tiles down, tiles across]. */
function tilePart(t: Trace, x: string, row: Row, column: Row, s: WinogradShape): string {
  const { block } = t.target;
  const after = (part: Row, before: number, size: number, outputs: number): number =>
    Math.max(0, 2 * (Math.ceil(outputs / 2) - 1) - before + part.first + part.distance - (size - 1));
  const signs = row.signs.flatMap((a) => column.signs.map((b) => a * b));
  const lanes = signs.flatMap((sign) => Array<number>(block).fill(sign));
  const filter = Float32Array.from({ length: 4 * s.inputs }, (_, i) => lanes[i % lanes.length] ?? 0);
  const weights = t.graph.sharedTensor(`signs${signs.join()}`, filter, [s.inputs, 1, 2, 2]);
  const attributes = {
    group: s.inputs,
    kernel_shape: [2, 2],
    pads: [
      s.top - row.first,
      s.left - column.first,
      after(row, s.top, s.height, s.outHeight),
      after(column, s.left, s.width, s.outWidth),
    ],
    strides: [2, 2],
    dilations: [row.distance, column.distance],
  };
  return t.graph.node('Conv', [x, weights], attributes, { domain: NCHWC });
}

function pointwise(t: Trace, inputs: readonly string[]): string {
  const attributes = {
    group: 1,
    kernel_shape: [1, 1],
    pads: [0, 0, 0, 0],
    strides: [1, 1],
    dilations: [1, 1],
  };
  return t.graph.node('Conv', inputs, attributes, { domain: NCHWC });
}
