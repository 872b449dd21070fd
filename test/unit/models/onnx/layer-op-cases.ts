import type { onnx } from 'onnx-proto';
import { noise } from '../../engine/engine-fixture';
import { floats, ints, scalar, type AttributeOf } from './build-model';
import { behind, flat, one, positive, type OpCase, type Options } from './op-case';

const conv = (
  what: string,
  filter: readonly number[],
  attributes: Readonly<Record<string, AttributeOf>>,
  o: Options = {},
): OpCase =>
  one('Conv', attributes, {
    ...o,
    what,
    more: ['w', 'b'],
    tensors: [floats('w', noise(filter, 3)), floats('b', noise([filter[0] ?? 1], 4))],
  });

const convolutions: OpCase[] = [
  conv('plain', [5, 3, 3, 3], {}),
  conv('asymmetric padding', [5, 3, 3, 2], { pads: [1, 0, 2, 1], strides: [2, 1] }),
  conv('same', [5, 3, 3, 3], { auto_pad: 'SAME_UPPER', strides: [2, 2] }),
  conv('same lower', [5, 3, 2, 4], { auto_pad: 'SAME_LOWER', strides: [2, 2] }, { opset: 11 }),
  conv('dilated', [4, 3, 3, 3], { dilations: [2, 1], pads: [2, 1, 2, 1] }),
  conv('dilated and strided', [4, 3, 3, 3], { dilations: [2, 2], strides: [2, 2], pads: [2, 2, 2, 2] }),
  conv('groups', [6, 2, 3, 3], { group: 2, pads: [1, 1, 1, 1] }, { input: [2, 4, 6, 5] }),
  conv('depthwise', [4, 1, 3, 3], { group: 4, pads: [1, 1, 1, 1], strides: [2, 2] }, { input: [2, 4, 6, 5] }),
  conv('depthwise, asymmetric', [4, 1, 3, 2], { group: 4, pads: [0, 1, 1, 0] }, { input: [2, 4, 6, 5] }),
  conv('depthwise, multiplied', [8, 1, 3, 3], { group: 4, dilations: [2, 2] }, { input: [1, 4, 8, 7] }),
  conv(
    'behind a zero Pad',
    [4, 3, 3, 3],
    { strides: [2, 2] },
    {
      before: [{ op: 'Pad', inputs: ['x', 'pads'], outputs: ['padded'] }],
      from: 'padded',
    },
  ),
].map((c) =>
  c.name.includes('zero Pad') ? { ...c, tensors: [...c.tensors, ints('pads', [0, 0, 0, 1, 0, 0, 2, 1])] } : c,
);

const pools: OpCase[] = [
  one('MaxPool', { kernel_shape: [2, 2], strides: [2, 2] }),
  one('MaxPool', { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1], ceil_mode: 1 }),
  one('MaxPool', { kernel_shape: [3, 2], strides: [2, 1], pads: [1, 0, 0, 1] }, behind()),
  one('MaxPool', { kernel_shape: [2, 2], dilations: [2, 2], strides: [1, 2], pads: [1, 1, 1, 1] }),
  one('MaxPool', { kernel_shape: [3, 3], strides: [2, 2], auto_pad: 'SAME_UPPER' }, { opset: 11 }),
  one('AveragePool', { kernel_shape: [2, 2], strides: [2, 2] }, behind()),
  one('AveragePool', { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] }),
  one('AveragePool', { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1], count_include_pad: 1 }),
  one(
    'AveragePool',
    { kernel_shape: [3, 3], strides: [2, 2], pads: [0, 1, 1, 1], ceil_mode: 1 },
    { opset: 19 },
  ),
  one(
    'AveragePool',
    { kernel_shape: [2, 3], strides: [2, 2], ceil_mode: 1, count_include_pad: 1, pads: [1, 1, 0, 1] },
    { opset: 19 },
  ),
  one('AveragePool', { kernel_shape: [3, 3], strides: [3, 3], auto_pad: 'SAME_LOWER' }),
  one('GlobalAveragePool'),
  one('GlobalMaxPool', {}, behind()),
];

const activations: OpCase[] = [
  one('Relu'),
  one('LeakyRelu', { alpha: { float: 0.3 } }, behind()),
  one('PRelu', {}, { more: ['slope'], tensors: [floats('slope', noise([3, 1, 1]))] }),
  one('PRelu', {}, behind({ more: ['slope'], tensors: [floats('slope', noise([4, 1, 1]))] })),
  one('Elu'),
  one('Elu', { alpha: { float: 0.5 } }),
  one('Celu', { alpha: { float: 2 } }),
  one('Selu', {}, behind()),
  one('ThresholdedRelu', { alpha: { float: 0.4 } }),
  one('Sigmoid'),
  one('HardSigmoid', { alpha: { float: 0.7 } }),
  one('HardSigmoid', {}, behind()),
  one('HardSwish', {}, { opset: 14 }),
  one('Tanh'),
  one('Softplus'),
  one('Softsign'),
  one('Mish', {}, { opset: 18 }),
  one('Erf'),
  one('Gelu', {}, { opset: 20 }),
  one('Gelu', { approximate: 'tanh' }, { opset: 20 }),
  one('Clip', {}, { more: ['low', 'high'], tensors: [scalar('low', -0.37), scalar('high', 0.58)] }),
  one('Clip', {}, { more: ['', 'high'], tensors: [scalar('high', 0.27)], opset: 11 }),
  one('Clip', {}, { more: ['low'], tensors: [scalar('low', 0)] }),
  one('Clip', {}, { more: ['low', 'high'], tensors: [scalar('low', 0), scalar('high', 6)] }),
  one('Softmax', {}),
  one('Softmax', { axis: 1 }, behind()),
  one('Softmax', { axis: 2 }, behind()),
  one('Softmax', { axis: 1 }, { opset: 11 }),
  one('Softmax', { axis: 3 }, { opset: 12 }),
  one('LogSoftmax', { axis: -2 }),
  one('LogSoftmax', {}, { opset: 11 }),
];

const with3: Options = { more: ['b'], tensors: [floats('b', noise([3, 1, 1], 5))] };
const with4 = behind({ more: ['b'], tensors: [floats('b', noise([4, 1, 1], 5))] });
const arithmetic: OpCase[] = [
  ...['Add', 'Sub', 'Mul', 'Max', 'Min'].flatMap((op) => [
    one(op, {}, with3),
    one(op, {}, { ...with4, what: 'behind a Conv' }),
  ]),
  one(
    'Div',
    {},
    {
      more: ['x'],
      from: 'b',
      what: 'by positive numbers',
      before: [{ op: 'Add', inputs: ['x', 'shift'], outputs: ['p'] }],
      tensors: [scalar('shift', 1.5), floats('b', noise([3, 1, 1], 5))],
    },
  ),
  one(
    'Add',
    {},
    { ...behind({ more: ['b'], tensors: [floats('b', noise([6]))] }), what: 'along the last axis' },
  ),
  one('Pow', {}, { ...positive, more: ['e'], tensors: [scalar('shift', 1.1), scalar('e', 1.7)] }),
  one('Pow', {}, { more: ['e'], tensors: [scalar('e', 2)] }),
  one('Sqrt', {}, positive),
  one('Log', {}, positive),
  one('Reciprocal', {}, { ...positive, tensors: [scalar('shift', 2)] }),
  one('Exp'),
  one('Neg'),
  one('Abs'),
  one('Sum', {}, { more: ['x', 'b'], tensors: [floats('b', noise([3, 1, 1], 5))] }),
  one('Mean', {}, { more: ['b', 'x'], tensors: [floats('b', noise([3, 1, 1], 5))] }),
  one('Sin'),
  one('Cos'),
  one('Floor', {}, { after: [{ op: 'Add', inputs: ['op', 'x'], outputs: ['y'] }] }),
  one(
    'Where',
    {},
    {
      from: 'c',
      more: ['x', 'b'],
      before: [{ op: 'Greater', inputs: ['x', 'b'], outputs: ['c'] }],
      tensors: [floats('b', noise([3, 1, 1], 5))],
    },
  ),
];

const matrices: OpCase[] = [
  one(
    'Gemm',
    {},
    { ...flat(4), more: ['w', 'b'], tensors: [floats('w', noise([4, 5])), floats('b', noise([5], 2))] },
  ),
  one(
    'Gemm',
    { transB: 1, alpha: { float: 0.5 }, beta: { float: 2 } },
    { ...flat(4), more: ['w', 'b'], tensors: [floats('w', noise([5, 4])), floats('b', noise([2, 1], 2))] },
  ),
  one('Gemm', { transA: 1 }, { ...flat(4), more: ['w'], tensors: [floats('w', noise([2, 3]))] }),
  one('MatMul', {}, { more: ['w'], tensors: [floats('w', noise([6, 4]))] }),
  one('MatMul', {}, { more: ['w'], tensors: [floats('w', noise([6]))], what: 'with a vector' }),
  one('MatMul', {}, { more: ['w'], tensors: [floats('w', noise([3, 6, 4]))], what: 'of stacks' }),
  one(
    'MatMul',
    {},
    { input: [2, 1, 5, 6], more: ['w'], tensors: [floats('w', noise([3, 6, 4]))], what: 'with a stack' },
  ),
  one('MatMul', {}, behind({ more: ['w'], tensors: [floats('w', noise([6, 4]))], what: 'behind a Conv' })),
  one('MatMul', {}, { from: 'w', more: ['x'], tensors: [floats('w', noise([4, 7]))], what: 'from the left' }),
];

const norms = (channels: number): onnx.ITensorProto[] => [
  floats('gamma', noise([channels], 2)),
  floats('beta', noise([channels], 3)),
  floats('mean', noise([channels], 4)),
  {
    ...floats('variance', noise([channels], 5)),
    rawData: new Uint8Array(noise([channels], 5).data.map((v) => v * v + 0.5).buffer),
  },
];
const bn = ['gamma', 'beta', 'mean', 'variance'];
const normalizations: OpCase[] = [
  one('BatchNormalization', { epsilon: { float: 1e-3 } }, { more: bn, tensors: norms(3), opset: 11 }),
  one('BatchNormalization', {}, behind({ more: bn, tensors: norms(4), opset: 15 })),
  one('BatchNormalization', {}, { ...flat(4), more: bn, tensors: norms(4) }),
  one('InstanceNormalization', {}, { more: ['gamma', 'beta'], tensors: norms(3).slice(0, 2) }),
  one(
    'InstanceNormalization',
    {},
    {
      before: [{ op: 'Reshape', inputs: ['x', 'groups'], outputs: ['r'] }],
      from: 'r',
      more: ['gamma', 'beta'],
      tensors: [...norms(3).slice(0, 2), ints('groups', [0, 3, -1])],
      what: 'of three dimensions',
    },
  ),
  one(
    'LayerNormalization',
    {},
    { more: ['g', 'b'], tensors: [floats('g', noise([6])), floats('b', noise([6], 2))] },
  ),
  one('LayerNormalization', { axis: 1 }, { more: ['g'], tensors: [floats('g', noise([3, 7, 6]))] }),
  one(
    'GroupNormalization',
    { num_groups: 2 },
    { input: [2, 4, 5, 3], more: ['gamma', 'beta'], tensors: norms(4).slice(0, 2), opset: 21 },
  ),
  one('LRN', { size: 3, alpha: { float: 0.3 }, beta: { float: 0.6 }, bias: { float: 1.5 } }, behind()),
  one('Dropout', {}, { opset: 11 }),
  one('Dropout', {}, { more: ['ratio'], tensors: [scalar('ratio', 0.5)], opset: 13 }),
  one(
    'Dropout',
    {},
    {
      what: 'of nothing, in training mode',
      more: ['ratio', 'train'],
      tensors: [scalar('ratio', 0), { name: 'train', dims: [], dataType: 9, int32Data: [1] }],
      opset: 13,
    },
  ),
];

export const layerOpCases: Readonly<Record<string, readonly OpCase[]>> = {
  convolutions,
  pools,
  activations,
  arithmetic,
  matrices,
  normalizations,
};
