import { noise } from '../../engine/engine-fixture';
import { floats, scalar, type NodeOf } from './build-model';
import { behind, flat, one, type OpCase, type Options } from './op-case';

/** The mean and the variance over all axes but that of the channels, as [C], of `from`. */
const statistics = (from: string, axes: readonly number[]): NodeOf[] => [
  { op: 'ReduceMean', inputs: [from], outputs: ['mean'], attributes: { axes, keepdims: 0 } },
  { op: 'ReduceMean', inputs: [from], outputs: ['kept'], attributes: { axes, keepdims: 1 } },
  { op: 'Sub', inputs: [from, 'kept'], outputs: ['centred'] },
  { op: 'Mul', inputs: ['centred', 'centred'], outputs: ['squares'] },
  { op: 'ReduceMean', inputs: ['squares'], outputs: ['variance'], attributes: { axes, keepdims: 0 } },
];
const meanAndVariance = statistics('x', [0, 2, 3]);
const vector = (name: string, size: number, seed: number): ReturnType<typeof floats> =>
  floats(name, noise([size], seed));

/** The filter `w`, or another weight, times a number that depends on the image. */
const scaled = (name = 'w'): NodeOf[] => [
  { op: 'ReduceMean', inputs: ['x'], outputs: ['level'], attributes: { keepdims: 0 } },
  { op: 'Exp', inputs: ['level'], outputs: ['gain'] },
  { op: 'Mul', inputs: [name, 'gain'], outputs: ['computed'] },
];
const withWeight = (shape: readonly number[], o: Options = {}): Options => ({
  what: 'computed',
  before: scaled(),
  more: ['computed'],
  ...o,
  tensors: [floats('w', noise(shape, 3)), ...(o.tensors ?? [])],
});

const overPositions = {
  name: 'axes',
  dims: [3],
  dataType: 7,
  rawData: new Uint8Array(BigInt64Array.of(0n, 2n, 3n).buffer),
};

const norms: OpCase[] = [
  one(
    'BatchNormalization',
    {},
    {
      what: 'mean and variance',
      before: meanAndVariance,
      more: ['gamma', 'beta', 'mean', 'variance'],
      tensors: [vector('gamma', 3, 2), vector('beta', 3, 3)],
    },
  ),
  one(
    'BatchNormalization',
    {},
    {
      what: 'mean and variance behind a Conv',
      before: [...(behind().before ?? []), ...statistics('features', [0, 2, 3])],
      from: 'features',
      more: ['gamma', 'beta', 'mean', 'variance'],
      tensors: [...(behind().tensors ?? []), vector('gamma', 4, 2), vector('beta', 4, 3)],
    },
  ),
  one(
    'BatchNormalization',
    {},
    {
      ...flat(4),
      what: 'mean and variance of a matrix',
      before: [...(flat(4).before ?? []), ...statistics('flat', [0])],
      more: ['gamma', 'beta', 'mean', 'variance'],
      tensors: [vector('gamma', 4, 2), vector('beta', 4, 3)],
    },
  ),
  one(
    'BatchNormalization',
    {},
    {
      what: 'all but the image',
      before: [...meanAndVariance, { op: 'Exp', inputs: ['mean'], outputs: ['gamma'] }],
      more: ['gamma', 'variance', 'mean', 'variance'],
    },
  ),
  one(
    'InstanceNormalization',
    {},
    { what: 'scale and bias', before: meanAndVariance, more: ['variance', 'mean'] },
  ),
  one(
    'LayerNormalization',
    {},
    {
      what: 'scale and bias',
      before: statistics('x', [0, 1, 2]),
      more: ['variance', 'mean'],
    },
  ),
  one(
    'GroupNormalization',
    { num_groups: 3 },
    {
      what: 'scale and bias',
      before: meanAndVariance,
      more: ['variance', 'mean'],
      opset: 21,
    },
  ),
].map((c) =>
  c.opset >= 18 ? { ...c, nodes: c.nodes.map(axesAsInput), tensors: [...c.tensors, overPositions] } : c,
);

/** From opset 18 on, the axes of a ReduceMean are an input. */
function axesAsInput(node: NodeOf): NodeOf {
  const { axes, ...attributes } = node.attributes ?? {};
  return axes === undefined ? node : { ...node, inputs: [...node.inputs, 'axes'], attributes };
}

const weights: OpCase[] = [
  one('Conv', { pads: [1, 1, 1, 1] }, withWeight([5, 3, 3, 3])),
  one('Conv', { strides: [2, 2], pads: [0, 1, 1, 0] }, withWeight([5, 3, 3, 2])),
  one('Conv', { dilations: [2, 2] }, withWeight([4, 3, 2, 2])),
  one('Conv', { group: 2, pads: [1, 1, 1, 1] }, withWeight([6, 2, 3, 3], { input: [2, 4, 6, 5] })),
  one('Conv', { group: 4, strides: [2, 2] }, withWeight([4, 1, 3, 3], { input: [2, 4, 6, 5] })),
  one(
    'Conv',
    {},
    {
      what: 'bias',
      before: meanAndVariance,
      more: ['w', 'mean'],
      tensors: [floats('w', noise([3, 3, 2, 2], 3))],
    },
  ),
  one('PRelu', {}, withWeight([3, 1, 1])),
  one(
    'PRelu',
    {},
    {
      what: 'slope of each image',
      before: [{ op: 'ReduceMean', inputs: ['x'], outputs: ['slope'], attributes: { axes: [2, 3] } }],
      more: ['slope'],
    },
  ),
  one(
    'Gemm',
    { beta: { float: 0.5 } },
    {
      ...flat(4),
      what: 'B and C',
      before: [
        ...(flat(4).before ?? []),
        ...scaled(),
        { op: 'ReduceMean', inputs: ['flat'], outputs: ['c'], attributes: { axes: [1] } },
      ],
      more: ['computed', 'c'],
      tensors: [floats('w', noise([4, 5], 3))],
    },
  ),
  one(
    'MatMul',
    {},
    {
      what: 'of x and x',
      before: [{ op: 'Transpose', inputs: ['x'], outputs: ['turned'], attributes: { perm: [0, 1, 3, 2] } }],
      more: ['turned'],
    },
  ),
  one('MatMul', {}, withWeight([3, 6, 4], { what: 'with a computed stack' })),
  one(
    'Pow',
    {},
    {
      what: 'computed exponent',
      before: [{ op: 'Exp', inputs: ['x'], outputs: ['positive'] }],
      from: 'positive',
      more: ['x'],
    },
  ),
];

/** Operands that are smaller than the other, and computed from the image. */
const small: NodeOf[] = [{ op: 'ReduceMean', inputs: ['x'], outputs: ['small'], attributes: { axes: [1] } }];
const broadcasts: OpCase[] = [
  ...['Add', 'Sub', 'Mul', 'Max', 'Min', 'Sum', 'Mean'].flatMap((op) => [
    one(op, {}, { what: 'a small operand', before: small, more: ['small'] }),
    one(op, {}, { what: 'a small operand first', before: small, from: 'small', more: ['x'] }),
  ]),
  one(
    'Div',
    {},
    {
      what: 'by a small operand',
      before: [...small, { op: 'Exp', inputs: ['small'], outputs: ['p'] }],
      more: ['p'],
    },
  ),
  one(
    'Mod',
    { fmod: 1 },
    {
      what: 'by a small operand',
      before: [...small, { op: 'Exp', inputs: ['small'], outputs: ['p'] }],
      more: ['p'],
    },
  ),
  one(
    'Where',
    {},
    {
      what: 'of small operands',
      before: [...small, { op: 'Greater', inputs: ['x', 'zero'], outputs: ['c'] }],
      from: 'c',
      more: ['small', 'zero'],
      tensors: [scalar('zero', 0)],
    },
  ),
  one(
    'Gather',
    { axis: 3 },
    {
      what: 'at computed places',
      before: [
        { op: 'ArgMax', inputs: ['x'], outputs: ['place'], attributes: { axis: 3, keepdims: 0 } },
        { op: 'ReduceMax', inputs: ['place'], outputs: ['last'], attributes: { keepdims: 0 } },
      ],
      more: ['last'],
    },
  ),
];

const dimensions: OpCase[] = [
  ...[
    { op: 'Expand', shape: [1, 2, 1, 1, 1] },
    { op: 'Tile', shape: [1, 2, 1, 3, 1] },
  ].map(({ op, shape }) =>
    one(
      op,
      {},
      {
        what: 'of five dimensions',
        before: [{ op: 'Unsqueeze', inputs: ['x', 'one'], outputs: ['u'] }],
        from: 'u',
        more: ['s'],
        tensors: [integerList('one', [1]), integerList('s', shape)],
      },
    ),
  ),
];

function integerList(name: string, values: readonly number[]): ReturnType<typeof floats> {
  return {
    name,
    dims: [values.length],
    dataType: 7,
    rawData: new Uint8Array(BigInt64Array.from(values, BigInt).buffer),
  };
}

/** Ops whose other inputs, weights as a rule, are computed from the image as well. */
export const computedOpCases: Readonly<Record<string, readonly OpCase[]>> = {
  'norms with computed statistics': norms,
  'computed weights': weights,
  'computed operands that are broadcast': broadcasts,
  dimensions,
};
