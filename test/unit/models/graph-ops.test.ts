import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { float32 } from '../../../src/core/engine/nd-array';
import { OnnxCpuDevice } from '../../../src/core/engine/onnx-cpu-device';
import { loadGraphModel } from '../../../src/core/models/graph-model/load-graph-model';
import { GraphWriter, type Attribute, type Quantization } from '../../support/graph-writer';
import { assertClose, randomImages } from './support';

const sizes = [2, 6, 5, 4];
const window: Record<string, Attribute> = {
  strides: { ints: [1, 1, 1, 1] },
  dilations: { ints: [1, 1, 1, 1] },
  padding: { text: 'SAME' },
  data_format: { text: 'NHWC' },
};
const values = (shape: number[], seed = 1): Float32Array => {
  const data = randomImages(shape, seed).dataSync<'float32'>();
  return data.map((value) => value - 0.5);
};

/** Adds nodes behind the image `x` of [N, 6, 5, 4]; returns the last. */
type Build = (w: GraphWriter, x: string) => string;

const unary =
  (op: string, attributes: Record<string, Attribute> = {}): Build =>
  (w, x) =>
    w.node('y', op, [x], attributes);
const withScalar =
  (op: string, value: number): Build =>
  (w, x) =>
    w.node('y', op, [x, w.constant('c', [value], [])]);
const withChannels =
  (op: string): Build =>
  (w, x) =>
    w.node('y', op, [x, w.constant('c', values([4]), [4])]);
const filter = (w: GraphWriter, shape = [3, 3, 4, 6], name = 'filter'): string =>
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
const cases: Readonly<Record<string, Build>> = {
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

describe('ops of graph models', () => {
  let folder = '';
  let device: OnnxCpuDevice;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'm2at-ops-'));
    device = await OnnxCpuDevice.open({ threads: 1 });
  });
  after(async () => {
    await device.dispose();
    await rm(folder, { recursive: true, force: true });
  });

  for (const [name, build] of Object.entries(cases)) {
    it(`${name}: as TF.js's interpreter, compiled and not, and its gradient by differences`, async () => {
      const w = new GraphWriter();
      const y = build(w, w.input('image', [-1, ...sizes.slice(1)]));
      const theirs = await tf.loadGraphModel({ load: () => Promise.resolve(w.artifacts({ [y]: [-1, 2] })) });
      const x = tf.sub(randomImages(sizes), 0.5);
      const raw = theirs.predict(x);
      assert.ok(raw instanceof tf.Tensor);
      // A classifier has an output of rank 2, so each op is one in the middle of a network.
      const count = raw.size / 2;
      w.node('matrix', 'Reshape', [y, w.ints('matrix_shape', [-1, count])]);
      const model = await loadGraphModel(await w.save(path.join(folder, name), { matrix: [-1, count] }));
      const weights = tf.sub(randomImages([2, count], 5), 0.3);
      const loss = (images: tf.Tensor): tf.Tensor => tf.sum(tf.mul(model.forward(images), weights));
      assertClose(model.forward(x), raw, 1e-5);
      const program = device.compile(name, (images) => {
        const { value, grad } = tf.valueAndGrad(loss)(images);
        return [model.forward(images), grad, value];
      });
      const [values, gradient] = await program.run(float32(x.dataSync<'float32'>(), sizes));
      assertClose(values?.data ?? [], raw, 1e-4);
      // Along a random direction, with TF.js's own forward pass.
      const direction = tf.sub(randomImages(sizes, 9), 0.5);
      const at = (distance: number): number => {
        const output = theirs.predict(tf.add(x, tf.mul(direction, distance)));
        assert.ok(output instanceof tf.Tensor);
        return tf.sum(tf.mul(tf.reshape(output, [2, count]), weights)).dataSync()[0] ?? NaN;
      };
      const slope = tf.sum(tf.mul(tf.tensor(gradient?.data ?? [], sizes), direction)).dataSync()[0] ?? NaN;
      const difference = (at(1e-3) - at(-1e-3)) / 2e-3;
      const scale = 1 + Math.abs(difference);
      assert.ok(Math.abs(slope - difference) < 0.02 * scale, `${slope} for ${difference}`);
      await program.dispose();
      theirs.dispose();
      model.dispose();
    });
  }

  it('Conv2D in groups, which TF.js has not', async () => {
    const x = randomImages(sizes);
    const w = new GraphWriter();
    const image = w.input('image', [-1, 6, 5, 4]);
    const conv = w.node('conv', 'Conv2D', [image, filter(w, [3, 3, 2, 6])], window);
    w.node('mean', 'Mean', [conv, w.ints('axes', [1, 2])]);
    const model = await loadGraphModel(await w.save(path.join(folder, 'groups'), { mean: [-1, 6] }));
    const taps = tf.tensor4d(values([3, 3, 2, 6]), [3, 3, 2, 6]);
    const parts = [0, 1].map((group) =>
      tf.conv2d(
        tf.slice(x, [0, 0, 0, 2 * group], [2, 6, 5, 2]).as4D(2, 6, 5, 2),
        tf.slice(taps, [0, 0, 0, 3 * group], [3, 3, 2, 3]),
        1,
        'same',
      ),
    );
    assertClose(model.forward(x), tf.mean(tf.concat(parts, 3), [1, 2]));
    model.dispose();
  });

  it('random numbers: normal and uniform ones, of a computed shape, anew in each run', async () => {
    for (const [op, low] of [
      ['RandomStandardNormal', -Infinity],
      ['RandomUniform', 0],
    ] as const) {
      const w = new GraphWriter();
      const image = w.input('image', [-1, 6, 5, 4]);
      const drawn = w.node('drawn', op, [w.node('shape', 'Shape', [image])], { dtype: { type: 'DT_FLOAT' } });
      const zeros = w.node('zeros', 'ZerosLike', [image]);
      const noisy = w.node('noisy', 'AddV2', [zeros, drawn]);
      w.node('rows', 'Reshape', [noisy, w.ints('rows_shape', [-1, 120])]);
      const model = await loadGraphModel(await w.save(path.join(folder, op), { rows: [-1, 120] }));
      assert.equal(model.random, true);
      const program = device.compile(op, (x) => [model.forward(x)]);
      const images = float32(new Float32Array(8 * 120), [8, 6, 5, 4]);
      const [first, second] = [await program.run(images), await program.run(images)].map(([array]) =>
        Array.from(array?.data ?? []),
      );
      assert.ok(first && second);
      assert.equal(new Set(first).size > 900, true);
      assert.notDeepEqual(first, second);
      const mean = first.reduce((sum, value) => sum + value, 0) / first.length;
      assert.ok(Math.abs(mean - (low === 0 ? 0.5 : 0)) < (low === 0 ? 0.06 : 0.2), `${op}: ${mean}`);
      assert.ok(first.every((value) => value >= low));
      await program.dispose();
      model.dispose();
    }
  });

  it('data in NCHW order', async () => {
    const nchw = { ...window, data_format: { text: 'NCHW' } };
    const build = (channelsFirst: boolean): Promise<string> => {
      const w = new GraphWriter();
      const layout = channelsFirst ? nchw : window;
      const twos = { ints: channelsFirst ? [1, 1, 2, 2] : [1, 2, 2, 1] };
      const image = w.input('image', channelsFirst ? [-1, 3, 6, 8] : [-1, 6, 8, 3]);
      const conv = w.node('conv', 'Conv2D', [image, filter(w, [3, 3, 3, 5])], { ...layout, strides: twos });
      const biased = w.node('biased', 'BiasAdd', [conv, w.constant('bias', values([5]), [5])], {
        data_format: { text: channelsFirst ? 'NCHW' : 'NHWC' },
      });
      const pooled = w.node('pooled', 'MaxPool', [biased], { ...layout, ksize: twos, strides: twos });
      w.node('mean', 'Mean', [pooled, w.ints('axes', channelsFirst ? [2, 3] : [1, 2])]);
      return w.save(path.join(folder, `layout-${channelsFirst}`), { mean: [-1, 5] });
    };
    const [last, first] = [await loadGraphModel(await build(false)), await loadGraphModel(await build(true))];
    assert.equal(last.layout, 'NHWC');
    assert.equal(first.layout, 'NCHW');
    const x = randomImages([2, 6, 8, 3]);
    assertClose(first.forward(tf.transpose(x, [0, 3, 1, 2])), last.forward(x));
  });

  for (const [quantization, tolerance] of [
    ['uint8', 0.01],
    ['uint16', 1e-4],
    ['float16', 2e-3],
  ] as const satisfies readonly (readonly [Quantization, number])[]) {
    it(`weights quantized to ${quantization}`, async () => {
      const w = new GraphWriter();
      const pooled = w.node('pooled', 'Mean', [w.input('image', [-1, 6, 5, 4]), w.ints('axes', [1, 2])]);
      w.node('logits', 'MatMul', [pooled, w.constant('kernel', values([4, 7]), [4, 7])]);
      const outputs = { logits: [-1, 7] };
      const [whole, rough] = [
        await loadGraphModel(await w.save(path.join(folder, 'whole'), outputs)),
        await loadGraphModel(await w.save(path.join(folder, quantization), outputs, quantization)),
      ];
      const x = randomImages(sizes);
      assertClose(rough.forward(x), whole.forward(x), tolerance);
      assert.notDeepEqual(rough.forward(x).arraySync(), whole.forward(x).arraySync());
    });
  }
});
