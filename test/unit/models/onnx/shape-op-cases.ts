import { noise } from '../../engine/engine-fixture';
import { floats, ints, scalar, type NodeOf } from './build-model';
import { behind, flat, one, type OpCase, type Options } from './op-case';

const reductions: OpCase[] = [
  ...['ReduceMean', 'ReduceMax', 'ReduceL2', 'ReduceL1', 'ReduceSumSquare', 'ReduceLogSumExp'].map((op) =>
    one(op, { axes: [2, 3] }, behind({ opset: 13 })),
  ),
  one('ReduceMean', { axes: [-1], keepdims: 0 }, behind({ opset: 11 })),
  one('ReduceMean', { axes: [1], keepdims: 0 }, behind({ opset: 11 })),
  one('ReduceMean', { keepdims: 0 }, { more: ['axes'], tensors: [ints('axes', [2, 3])], opset: 18 }),
  one('ReduceMean', {}, { opset: 13 }),
  one('ReduceSum', { keepdims: 0 }, behind({ more: ['axes'], tensors: [ints('axes', [2])], opset: 13 })),
  one('ReduceSum', { noop_with_empty_axes: 1 }, { opset: 13 }),
  one('ReduceMin', { axes: [1, 3] }, { opset: 11 }),
];

const computedShape: NodeOf[] = [
  { op: 'Shape', inputs: ['x'], outputs: ['shape'] },
  { op: 'Gather', inputs: ['shape', 'zero'], outputs: ['batch'], attributes: { axis: 0 } },
  { op: 'Unsqueeze', inputs: ['batch', 'first'], outputs: ['batches'] },
  { op: 'Concat', inputs: ['batches', 'rest'], outputs: ['wanted'], attributes: { axis: 0 } },
];
const shapes: OpCase[] = [
  one('Reshape', {}, { more: ['s'], tensors: [ints('s', [0, -1, 2])] }),
  one('Reshape', {}, behind({ more: ['s'], tensors: [ints('s', [-1, 12, 7])], what: 'behind a Conv' })),
  one(
    'Reshape',
    {},
    {
      what: 'computed',
      before: computedShape,
      more: ['wanted'],
      tensors: [ints('zero', [0], []), ints('first', [0]), ints('rest', [-1])],
    },
  ),
  one('Flatten', { axis: 2 }, behind()),
  one('Flatten', { axis: -1 }),
  one('Flatten', { axis: 0 }),
  one('Transpose', { perm: [0, 2, 3, 1] }, behind()),
  one('Transpose', { perm: [0, 3, 1, 2] }),
  one('Transpose', { perm: [3, 1, 0, 2] }, behind()),
  one('Transpose'),
  one(
    'Squeeze',
    { axes: [2, 3] },
    { before: [{ op: 'GlobalAveragePool', inputs: ['x'], outputs: ['g'] }], from: 'g', opset: 11 },
  ),
  one(
    'Squeeze',
    {},
    {
      before: [{ op: 'GlobalAveragePool', inputs: ['x'], outputs: ['g'] }],
      from: 'g',
      more: ['axes'],
      tensors: [ints('axes', [-1])],
    },
  ),
  one('Squeeze', {}, { before: [{ op: 'GlobalAveragePool', inputs: ['x'], outputs: ['g'] }], from: 'g' }),
  one('Unsqueeze', { axes: [0, -1] }, { opset: 11 }),
  one('Unsqueeze', {}, { more: ['axes'], tensors: [ints('axes', [2])] }),
  one('Expand', {}, { ...flat(4), more: ['s'], tensors: [ints('s', [3, 1, 4])] }),
  one('Tile', {}, { more: ['r'], tensors: [ints('r', [1, 2, 1, 2])] }),
  one('DepthToSpace', { blocksize: 2 }, { input: [2, 8, 3, 2] }),
  one('DepthToSpace', { blocksize: 2, mode: 'CRD' }, { input: [2, 8, 3, 2] }),
  one('SpaceToDepth', { blocksize: 2 }, { input: [2, 3, 4, 6] }),
  one('Identity'),
  one('Cast', { to: 1 }),
];

const paddedBy = (pads: readonly number[], o: Options = {}): Options => ({
  ...o,
  more: ['pads'],
  tensors: [...(o.tensors ?? []), ints('pads', pads)],
});
const selections: OpCase[] = [
  one('Concat', { axis: 1 }, { more: ['x'] }),
  one(
    'Concat',
    { axis: -1 },
    behind({ more: ['features', 'x4'], tensors: [floats('x4', noise([2, 4, 7, 2]))] }),
  ),
  one(
    'Slice',
    {},
    behind({
      more: ['s', 'e', 'a', 'st'],
      tensors: [ints('s', [1, -3]), ints('e', [4, 2 ** 40]), ints('a', [1, 2]), ints('st', [2, 1])],
    }),
  ),
  one(
    'Slice',
    {},
    {
      more: ['s', 'e', 'a', 'st'],
      tensors: [ints('s', [-1, 5]), ints('e', [-(2 ** 40), 1]), ints('a', [3, -2]), ints('st', [-1, -2])],
      what: 'backwards',
    },
  ),
  one('Slice', {}, { more: ['s', 'e'], tensors: [ints('s', [0, 1]), ints('e', [1, 3])], opset: 11 }),
  one('Gather', { axis: 2 }, { more: ['i'], tensors: [ints('i', [0, -1, 3, 3], [2, 2])] }),
  one('Gather', { axis: 1 }, behind({ more: ['i'], tensors: [ints('i', [2], [])] })),
  one('Pad', {}, paddedBy([0, 1, 0, 2, 0, 0, 1, 3])),
  one('Pad', {}, paddedBy([0, 0, 1, 1, 0, 0, 1, 1], behind({ opset: 11 }))),
  one('Pad', {}, paddedBy([0, 0, -1, 2, 0, 0, 0, -3])),
  one('Pad', { mode: 'reflect' }, paddedBy([0, 0, 2, 1, 0, 0, 1, 3])),
  one('Pad', { mode: 'edge' }, paddedBy([0, 0, 2, 1, 0, 0, 0, 3])),
  one(
    'Pad',
    {},
    {
      more: ['pads', 'value', 'axes'],
      tensors: [ints('pads', [1, 2]), scalar('value', 0.7), ints('axes', [3])],
      opset: 18,
    },
  ),
  one('Pad', {}, paddedBy([0, 0, 0, 0, 0, 0, 0, 0], { what: 'of nothing' })),
  ...[
    one('Split', { axis: 1, split: [1, 2] }, { opset: 11 }),
    one('Split', { axis: -1 }, behind({ opset: 13 })),
    one('Split', { axis: 2, num_outputs: 2 }, { opset: 18 }),
    one('Split', { axis: 2 }, { more: ['sizes'], tensors: [ints('sizes', [3, 4])] }),
  ].map((c) => ({
    ...c,
    nodes: [
      ...c.nodes.map((node) => (node.op === 'Split' ? { ...node, outputs: ['first', 'second'] } : node)),
      { op: 'Tanh', inputs: ['second'], outputs: ['y'] },
    ],
  })),
  one(
    'Resize',
    { coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' },
    {
      more: ['', 'scales'],
      tensors: [floats('scales', { dtype: 'float32', shape: [4], data: Float32Array.of(1, 1, 2, 3) })],
    },
  ),
  one(
    'Resize',
    { mode: 'linear' },
    behind({
      more: ['', 'scales'],
      tensors: [floats('scales', { dtype: 'float32', shape: [4], data: Float32Array.of(1, 1, 2, 2) })],
    }),
  ),
  one(
    'Resize',
    { mode: 'linear', coordinate_transformation_mode: 'align_corners' },
    { more: ['', '', 'sizes'], tensors: [ints('sizes', [2, 3, 9, 4])] },
  ),
];

export const shapeOpCases: Readonly<Record<string, readonly OpCase[]>> = { reductions, shapes, selections };
