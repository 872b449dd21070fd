import type { Graph, GraphNode, Subgraph, TypedName } from './graph';

/** A value of a graph as it is stored. */
export interface ValueInfo {
  readonly shape: readonly number[];
  readonly dtype: TypedName['dtype'];
  /** Its integers, where they are known while the graph is built. */
  readonly integers?: readonly number[] | undefined;
}

const bytesOf = { float32: 4, int32: 4, int64: 8, bool: 1 } as const;

/** Bytes that a value takes. */
export function sizeInBytes({ shape, dtype }: ValueInfo): number {
  return shape.reduce((product, dimension) => product * dimension, bytesOf[dtype]);
}

/**
 * Shape and type of every value of a graph, the bodies of its loops included. An operator that isn't known here counts
 * as its largest input: an estimate is better than none.
 */
export function inferShapes(graph: Graph): Map<string, ValueInfo> {
  const values = new Map<string, ValueInfo>();
  for (const { name, dtype, shape, bytes } of graph.initializers) {
    const few = dtype === 'int64' && bytes.length <= 64 * 8;
    const integers = few ? Array.from(new BigInt64Array(bytes.slice().buffer), Number) : undefined;
    values.set(name, { shape, dtype, integers });
  }
  inferNodes(graph, values);
  return values;
}

function inferNodes({ inputs, nodes }: Subgraph, values: Map<string, ValueInfo>): void {
  for (const { name, dtype, shape } of inputs) values.set(name, { dtype, shape: shape ?? [] });
  for (const node of nodes) {
    if (node.body) inferNodes(node.body, values);
    const found = outputsOf(
      node,
      node.inputs.map((name) => values.get(name)),
      values,
    );
    node.outputs.forEach((name, n) => {
      const value = found[n] ?? found[0];
      if (value) values.set(name, value);
    });
  }
}

type Known = ValueInfo | undefined;
const scalar: ValueInfo = { shape: [], dtype: 'float32' };
const dtypes: Readonly<Record<number, ValueInfo['dtype']>> = {
  1: 'float32',
  6: 'int32',
  7: 'int64',
  9: 'bool',
};
const truths = new Set([
  'Equal',
  'Greater',
  'GreaterOrEqual',
  'Less',
  'LessOrEqual',
  'Not',
  'And',
  'Or',
  'Xor',
  'IsNaN',
  'IsInf',
]);

function outputsOf(
  node: GraphNode,
  inputs: readonly Known[],
  values: ReadonlyMap<string, ValueInfo>,
): readonly ValueInfo[] {
  const x = inputs[0] ?? scalar;
  const { dtype } = x;
  const of = (shape: readonly number[], type = dtype): ValueInfo[] => [{ shape, dtype: type }];
  const ints = (n: number): readonly number[] | undefined => inputs[n]?.integers;
  const number = (name: string, otherwise: number): number => {
    const value = node.attributes[name];
    return typeof value === 'number' ? value : otherwise;
  };
  const axis = (otherwise: number, rank = x.shape.length): number => {
    const value = number('axis', otherwise);
    return value < 0 ? value + rank : value;
  };
  const list = (name: string): readonly number[] | undefined => {
    const value = node.attributes[name];
    return Array.isArray(value) ? (value as readonly number[]) : undefined;
  };
  switch (node.op) {
    case 'Loop':
      return (node.body?.outputs ?? []).slice(1).map(({ name }) => values.get(name) ?? scalar);
    case 'Reshape':
      return of(reshaped(x.shape, ints(1) ?? []));
    case 'Expand':
      return of(broadcast([x.shape, ints(1) ?? []]));
    case 'Transpose':
      return of((list('perm') ?? x.shape.map((_, i) => x.shape.length - 1 - i)).map((i) => x.shape[i] ?? 1));
    case 'ReorderInput': {
      const [n = 1, a = 1, b = 1, c = 1] = x.shape;
      return of(number('channels_last', 0) === 1 ? [n, c, a, b] : x.shape);
    }
    case 'ReorderOutput': {
      const [n = 1, , h = 1, w = 1] = x.shape;
      const channels = number('channels', x.shape[1] ?? 1);
      return of(number('channels_last', 0) === 1 ? [n, h, w, channels] : [n, channels, h, w]);
    }
    case 'Conv':
      return of(windowed(x.shape, inputs[1]?.shape[0] ?? 1, { list, kernel: inputs[1]?.shape.slice(2) }));
    case 'ConvTranspose':
      return of(
        transposed(x.shape, (inputs[1]?.shape[1] ?? 1) * number('group', 1), {
          list,
          kernel: inputs[1]?.shape.slice(2),
        }),
      );
    case 'MaxPool':
    case 'AveragePool': {
      const shape = windowed(x.shape, x.shape[1] ?? 1, { list, kernel: list('kernel_shape') });
      return [
        { shape, dtype },
        { shape, dtype: 'int64' },
      ];
    }
    case 'GlobalAveragePool':
    case 'GlobalMaxPool':
      return of([...x.shape.slice(0, 2), ...x.shape.slice(2).map(() => 1)]);
    case 'Upsample':
      return of(x.shape.map((size, i) => size * (list('scales')?.[i] ?? 1)));
    case 'Resize':
      return of(ints(3) ?? x.shape);
    case 'Gemm': {
      const [a, b] = [x.shape, inputs[1]?.shape ?? []];
      return of([a[number('transA', 0)] ?? 1, b[1 - number('transB', 0)] ?? 1]);
    }
    case 'MatMul': {
      const [a, b] = [x.shape, inputs[1]?.shape ?? []];
      return of([...broadcast([a.slice(0, -2), b.slice(0, -2)]), a.at(-2) ?? 1, b.at(-1) ?? 1]);
    }
    case 'Einsum':
      return of(contracted(node.attributes.equation, inputs));
    case 'Concat': {
      const at = axis(0);
      const total = inputs.reduce((sum, input) => sum + (input?.shape[at] ?? 0), 0);
      return of(x.shape.toSpliced(at, 1, total));
    }
    case 'Split': {
      const at = axis(0);
      const equal = (x.shape[at] ?? 1) / node.outputs.length;
      return node.outputs.map((_, n) => ({ shape: x.shape.toSpliced(at, 1, ints(1)?.[n] ?? equal), dtype }));
    }
    case 'Slice':
      return of(sliced(x.shape, { starts: ints(1), ends: ints(2), axes: ints(3), steps: ints(4) }));
    case 'Pad': {
      const pads = ints(1) ?? [];
      return of(x.shape.map((size, i) => size + (pads[i] ?? 0) + (pads[i + x.shape.length] ?? 0)));
    }
    case 'Tile':
      return of(x.shape.map((size, i) => size * (ints(1)?.[i] ?? 1)));
    case 'Gather':
      return of(x.shape.toSpliced(axis(0), 1, ...(inputs[1]?.shape ?? [])));
    case 'GatherND': {
      const indices = inputs[1]?.shape ?? [];
      return of([...indices.slice(0, -1), ...x.shape.slice(indices.at(-1) ?? 0)]);
    }
    case 'ReduceSum':
    case 'ReduceMean':
    case 'ReduceMax':
    case 'ReduceMin':
    case 'ReduceProd':
      return of(reduced(x.shape, list('axes') ?? ints(1), number('keepdims', 1) === 1));
    case 'ArgMax':
    case 'ArgMin':
      return of(reduced(x.shape, [axis(0)], number('keepdims', 1) === 1), 'int64');
    case 'TopK': {
      const shape = x.shape.toSpliced(axis(-1), 1, ints(1)?.[0] ?? 1);
      return [
        { shape, dtype },
        { shape, dtype: 'int64' },
      ];
    }
    case 'Cast':
      return of(x.shape, dtypes[number('to', 1)] ?? 'float32');
    case 'Where':
      return of(broadcast(inputs.map((input) => input?.shape ?? [])), inputs[1]?.dtype ?? 'float32');
    case 'RandomNormal':
    case 'RandomUniform':
      return of(list('shape') ?? []);
    case 'Clip':
    case 'ScatterND':
    case 'ScatterElements':
    case 'CumSum':
    case 'Identity':
      return [x];
  }
  // Elementwise.
  const shape = broadcast(inputs.map((input) => input?.shape ?? []));
  return of(shape, truths.has(node.op) ? 'bool' : dtype);
}

function reshaped(from: readonly number[], to: readonly number[]): number[] {
  const shape = to.map((size, i) => (size === 0 ? (from[i] ?? 1) : size));
  const known = shape.reduce((product, size) => (size === -1 ? product : product * size), 1);
  const all = from.reduce((product, size) => product * size, 1);
  return shape.map((size) => (size === -1 ? all / known : size));
}

function broadcast(shapes: readonly (readonly number[])[]): number[] {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, i) =>
    shapes.reduce((size, shape) => {
      const own = shape[i - rank + shape.length] ?? 1;
      return own === 1 ? size : own;
    }, 1),
  );
}

interface Window {
  readonly list: (name: string) => readonly number[] | undefined;
  readonly kernel: readonly number[] | undefined;
}

function windowed(
  [n = 1, , ...sizes]: readonly number[],
  channels: number,
  { list, kernel }: Window,
): number[] {
  const pads = list('pads') ?? [];
  return [
    n,
    channels,
    ...sizes.map((size, i) => {
      const extent = ((kernel?.[i] ?? 1) - 1) * (list('dilations')?.[i] ?? 1) + 1;
      const padded = size + (pads[i] ?? 0) + (pads[i + sizes.length] ?? 0);
      return Math.floor((padded - extent) / (list('strides')?.[i] ?? 1)) + 1;
    }),
  ];
}

function transposed(
  [n = 1, , ...sizes]: readonly number[],
  channels: number,
  { list, kernel }: Window,
): number[] {
  const pads = list('pads') ?? [];
  return [
    n,
    channels,
    ...sizes.map((size, i) => {
      const extent = ((kernel?.[i] ?? 1) - 1) * (list('dilations')?.[i] ?? 1) + 1;
      const more = (list('output_padding')?.[i] ?? 0) - (pads[i] ?? 0) - (pads[i + sizes.length] ?? 0);
      return (size - 1) * (list('strides')?.[i] ?? 1) + extent + more;
    }),
  ];
}

function contracted(equation: unknown, inputs: readonly Known[]): number[] {
  const [terms = '', result = ''] = String(equation).split('->');
  const sizes = new Map<string, number>();
  terms.split(',').forEach((term, n) => {
    Array.from(term).forEach((label, i) => sizes.set(label, inputs[n]?.shape[i] ?? 1));
  });
  return Array.from(result, (label) => sizes.get(label) ?? 1);
}

interface Slices {
  readonly starts: readonly number[] | undefined;
  readonly ends: readonly number[] | undefined;
  readonly axes: readonly number[] | undefined;
  readonly steps: readonly number[] | undefined;
}

function sliced(shape: readonly number[], { starts = [], ends = [], axes, steps }: Slices): number[] {
  const result = [...shape];
  starts.forEach((start, n) => {
    const axis = axes?.[n] ?? n;
    const at = axis < 0 ? axis + shape.length : axis;
    const size = shape[at] ?? 1;
    const step = steps?.[n] ?? 1;
    const within = (index: number, low: number, high: number): number =>
      Math.min(high, Math.max(low, index < 0 ? index + size : index));
    const [from, to] =
      step > 0
        ? [within(start, 0, size), within(ends[n] ?? size, 0, size)]
        : [within(start, -1, size - 1), within(ends[n] ?? -1, -1, size - 1)];
    result[at] = Math.max(0, Math.ceil((to - from) / step));
  });
  return result;
}

function reduced(shape: readonly number[], axes: readonly number[] | undefined, keep: boolean): number[] {
  const gone = new Set(
    (axes ?? shape.map((_, i) => i)).map((axis) => (axis < 0 ? axis + shape.length : axis)),
  );
  return shape.flatMap((size, i) => (gone.has(i) ? (keep ? [1] : []) : [size]));
}
