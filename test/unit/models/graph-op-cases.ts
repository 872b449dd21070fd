import type { Attribute, GraphWriter } from '../../support/graph-writer';
import { randomImages } from './support';

/** The images of the cases. */
export const sizes = [2, 6, 5, 4];
export const window: Record<string, Attribute> = {
  strides: { ints: [1, 1, 1, 1] },
  dilations: { ints: [1, 1, 1, 1] },
  padding: { text: 'SAME' },
  data_format: { text: 'NHWC' },
};
export const values = (shape: number[], seed = 1): Float32Array => {
  const data = randomImages(shape, seed).dataSync<'float32'>();
  return data.map((value) => value - 0.5);
};

/** Adds nodes behind the image `x` of [N, 6, 5, 4]; returns the last. */
export type Build = (w: GraphWriter, x: string) => string;

export const unary =
  (op: string, attributes: Record<string, Attribute> = {}): Build =>
  (w, x) =>
    w.node('y', op, [x], attributes);
export const withScalar =
  (op: string, value: number): Build =>
  (w, x) =>
    w.node('y', op, [x, w.constant('c', [value], [])]);
export const withChannels =
  (op: string): Build =>
  (w, x) =>
    w.node('y', op, [x, w.constant('c', values([4]), [4])]);
export const filter = (w: GraphWriter, shape = [3, 3, 4, 6], name = 'filter'): string =>
  w.constant(name, values(shape), shape);
const fused =
  (op: string, activation: string, attributes: Record<string, Attribute> = {}): Build =>
  (w, x) => {
    const depthwise = op === 'FusedDepthwiseConv2dNative';
    const taps = filter(w, depthwise ? [3, 3, 4, 2] : undefined);
    const bias = w.constant('bias', values([depthwise ? 8 : 6], 2), [depthwise ? 8 : 6]);
    return w.node('y', op, [x, taps, bias], {
      ...window,
      num_args: { int: 1 },
      fused_ops: { texts: ['BiasAdd', ...(activation ? [activation] : [])] },
      ...attributes,
    });
  };
const reduce =
  (op: string, keep: boolean, axes = [1, 2]): Build =>
  (w, x) =>
    w.node('y', op, [x, w.ints('axes', axes)], { keep_dims: { bool: keep } });
const paddings = (w: GraphWriter): string =>
  w.constant('paddings', [0, 0, 1, 2, 0, 1, 0, 0], [4, 2], 'int32');

/** Each op that a classifier uses; TF.js's own interpreter gives the expected values. */
export const graphOpCases: Readonly<Record<string, Build>> = {
  Conv2D: (w, x) => w.node('y', 'Conv2D', [x, filter(w)], window),
  'Conv2D strided': (w, x) =>
    w.node('y', 'Conv2D', [x, filter(w)], { ...window, strides: { ints: [1, 2, 2, 1] } }),
  'Conv2D dilated': (w, x) =>
    w.node('y', 'Conv2D', [x, filter(w)], { ...window, dilations: { ints: [1, 2, 2, 1] } }),
  'Conv2D padded explicitly': (w, x) =>
    w.node('y', 'Conv2D', [x, filter(w)], {
      ...window,
      padding: { text: 'EXPLICIT' },
      explicit_paddings: { ints: [0, 0, 1, 2, 0, 1, 0, 0] },
    }),
  DepthwiseConv2dNative: (w, x) =>
    w.node('y', 'DepthwiseConv2dNative', [x, filter(w, [3, 3, 4, 2])], {
      ...window,
      padding: { text: 'VALID' },
    }),
  _FusedConv2D: fused('_FusedConv2D', ''),
  '_FusedConv2D Relu': fused('_FusedConv2D', 'Relu'),
  '_FusedConv2D Relu6': fused('_FusedConv2D', 'Relu6'),
  '_FusedConv2D Elu': fused('_FusedConv2D', 'Elu'),
  '_FusedConv2D LeakyRelu': fused('_FusedConv2D', 'LeakyRelu', { leakyrelu_alpha: { float: 0.3 } }),
  FusedDepthwiseConv2dNative: fused('FusedDepthwiseConv2dNative', 'Relu6'),
  BiasAdd: withChannels('BiasAdd'),
  FusedBatchNorm: (w, x) => batchNorm(w, x, 'FusedBatchNorm'),
  FusedBatchNormV3: (w, x) => batchNorm(w, x, 'FusedBatchNormV3'),
  'MatMul behind Mean': (w, x) => {
    const pooled = w.node('pooled', 'Mean', [x, w.ints('axes', [1, 2])]);
    return w.node('y', 'MatMul', [pooled, w.constant('kernel', values([7, 4]), [7, 4])], {
      transpose_a: { bool: false },
      transpose_b: { bool: true },
    });
  },
  '_FusedMatMul behind Mean': (w, x) => {
    const pooled = w.node('pooled', 'Mean', [x, w.ints('axes', [1, 2])]);
    const kernel = w.constant('kernel', values([4, 7]), [4, 7]);
    return w.node('y', '_FusedMatMul', [pooled, kernel, w.constant('bias', values([7]), [7])], {
      num_args: { int: 1 },
      fused_ops: { texts: ['BiasAdd', 'Relu'] },
      transpose_a: { bool: false },
      transpose_b: { bool: false },
    });
  },
  MaxPool: unary('MaxPool', { ...window, ksize: { ints: [1, 3, 2, 1] }, strides: { ints: [1, 2, 2, 1] } }),
  AvgPool: unary('AvgPool', { ...window, ksize: { ints: [1, 2, 2, 1] }, padding: { text: 'VALID' } }),
  Mean: reduce('Mean', false),
  'Mean keeping axes': reduce('Mean', true),
  'Mean of negative axes': reduce('Mean', true, [-2]),
  Max: reduce('Max', false),
  Min: reduce('Min', true),
  Sum: reduce('Sum', false),
  Relu: unary('Relu'),
  Relu6: (w, x) => w.node('y', 'Relu6', [w.node('scaled', 'Mul', [x, w.constant('c', [20], [])])]),
  LeakyRelu: unary('LeakyRelu', { alpha: { float: 0.1 } }),
  Elu: unary('Elu'),
  Selu: unary('Selu'),
  Sigmoid: unary('Sigmoid'),
  Tanh: unary('Tanh'),
  Softplus: unary('Softplus'),
  Erf: unary('Erf'),
  Exp: unary('Exp'),
  Log: (w, x) => w.node('y', 'Log', [w.node('positive', 'Exp', [x])]),
  Abs: unary('Abs'),
  Neg: unary('Neg'),
  Square: unary('Square'),
  Sqrt: (w, x) => w.node('y', 'Sqrt', [w.node('positive', 'Exp', [x])]),
  Rsqrt: (w, x) => w.node('y', 'Rsqrt', [w.node('positive', 'Exp', [x])]),
  Prelu: withChannels('Prelu'),
  ClipByValue: (w, x) =>
    w.node('y', 'ClipByValue', [x, w.constant('low', [-0.2], []), w.constant('high', [0.3], [])]),
  swish: (w, x) => w.node('y', 'Mul', [x, w.node('gate', 'Sigmoid', [x])]),
  'hard-swish': (w, x) => {
    const gate = w.node('gate', 'Relu6', [w.node('shifted', 'AddV2', [x, w.constant('three', [3], [])])]);
    return w.node('y', 'Mul', [w.node('product', 'Mul', [x, gate]), w.constant('sixth', [1 / 6], [])]);
  },
  Add: withScalar('Add', 0.5),
  AddV2: withChannels('AddV2'),
  AddN: (w, x) => w.node('y', 'AddN', [x, x, w.node('squared', 'Square', [x])], { N: { int: 3 } }),
  Sub: withChannels('Sub'),
  Mul: withChannels('Mul'),
  RealDiv: withScalar('RealDiv', 1.7),
  Maximum: withChannels('Maximum'),
  Minimum: withChannels('Minimum'),
  SquaredDifference: withChannels('SquaredDifference'),
  Pad: (w, x) => w.node('y', 'Pad', [x, paddings(w)]),
  PadV2: (w, x) => w.node('y', 'PadV2', [x, paddings(w), w.constant('c', [0.7], [])]),
  MirrorPad: (w, x) => w.node('y', 'MirrorPad', [x, paddings(w)], { mode: { text: 'REFLECT' } }),
  ConcatV2: (w, x) =>
    w.node('y', 'ConcatV2', [x, w.node('relu', 'Relu', [x]), w.int('axis', -1)], { N: { int: 2 } }),
  'Split and ConcatV2': (w, x) => {
    const halves = w.node('halves', 'Split', [w.int('axis', 3), x], { num_split: { int: 2 } });
    const gate = w.node('gate', 'Sigmoid', [`${halves}:1`]);
    return w.node('y', 'ConcatV2', [gate, halves, w.int('at', 3)], { N: { int: 2 } });
  },
  SplitV: (w, x) =>
    w.node('y', 'Relu', [`${w.node('parts', 'SplitV', [x, w.ints('lengths', [1, 3]), w.int('axis', 3)])}:1`]),
  Transpose: (w, x) => w.node('y', 'Transpose', [x, w.ints('order', [0, 3, 1, 2])]),
  Squeeze: (w, x) =>
    w.node(
      'y',
      'Squeeze',
      [w.node('mean', 'Mean', [x, w.ints('axes', [1, 2])], { keep_dims: { bool: true } })],
      {
        squeeze_dims: { ints: [1, 2] },
      },
    ),
  ExpandDims: (w, x) =>
    w.node('y', 'ExpandDims', [w.node('mean', 'Mean', [x, w.ints('axes', [1])]), w.int('axis', 1)]),
  Slice: (w, x) => w.node('y', 'Slice', [x, w.ints('begin', [0, 1, 0, 2]), w.ints('size', [-1, 3, -1, 1])]),
  StridedSlice: (w, x) =>
    w.node(
      'y',
      'StridedSlice',
      [x, w.ints('begin', [0, 1, 0, 0]), w.ints('end', [0, 6, 5, 4]), w.ints('strides', [1, 2, 1, 3])],
      { begin_mask: { int: 1 }, end_mask: { int: 1 } },
    ),
  GatherV2: (w, x) => w.node('y', 'GatherV2', [x, w.ints('indices', [3, 0]), w.int('axis', 3)]),
  Tile: (w, x) => w.node('y', 'Tile', [x, w.ints('repeats', [1, 2, 1, 1])]),
  'Reshape to a computed shape': (w, x) => {
    const shape = w.node('shape', 'Shape', [x]);
    const bounds = [0, 1, 1].map((value, i) => w.ints(`bound_${i}`, [value]));
    const batch = w.node('batch', 'StridedSlice', [shape, ...bounds], { shrink_axis_mask: { int: 1 } });
    const product = w.node('product', 'Prod', [
      w.node('sides', 'GatherV2', [shape, w.ints('which', [1, 2]), w.int('first', 0)]),
      w.int('along', 0),
    ]);
    const target = w.node('target', 'Pack', [batch, product, w.int('channels', -1)], { axis: { int: 0 } });
    return w.node('y', 'Reshape', [x, target]);
  },
  ResizeNearestNeighbor: (w, x) => w.node('y', 'ResizeNearestNeighbor', [x, w.ints('size', [12, 10])]),
  ResizeBilinear: (w, x) =>
    w.node('y', 'ResizeBilinear', [x, w.ints('size', [9, 10])], { align_corners: { bool: true } }),
  Softmax: unary('Softmax'),
  LogSoftmax: unary('LogSoftmax'),
  'Cast there and back': (w, x) => {
    const whole = w.node('whole', 'Cast', [w.node('scaled', 'Mul', [x, w.constant('c', [9], [])])], {
      DstT: { type: 'DT_INT32' },
    });
    return w.node('y', 'AddV2', [x, w.node('back', 'Cast', [whole], { DstT: { type: 'DT_FLOAT' } })]);
  },
  SpaceToBatchND: (w, x) => {
    const block = w.ints('block', [2, 1]);
    const none = w.constant('none', [0, 0, 0, 0], [2, 2], 'int32');
    const spread = w.node('spread', 'SpaceToBatchND', [x, block, none]);
    return w.node('y', 'BatchToSpaceND', [w.node('relu', 'Relu', [spread]), block, none]);
  },
  DepthToSpace: unary('DepthToSpace', { block_size: { int: 2 }, data_format: { text: 'NHWC' } }),
};

function batchNorm(w: GraphWriter, x: string, op: string): string {
  const vector = (name: string, seed: number, shift: number): string =>
    w.constant(
      name,
      values([4], seed).map((value) => value + shift),
      [4],
    );
  return w.node(
    'y',
    op,
    [x, vector('scale', 1, 1), vector('offset', 2, 0), vector('mean', 3, 0), vector('var', 4, 1)],
    {
      epsilon: { float: 0.01 },
      is_training: { bool: false },
      data_format: { text: 'NHWC' },
    },
  );
}
