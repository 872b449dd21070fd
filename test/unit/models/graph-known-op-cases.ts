import { unary, values, type Build } from './graph-op-cases';
import type { GraphWriter } from '../../support/graph-writer';

const toFloat = (w: GraphWriter, from: string, name = 'y'): string =>
  w.node(name, 'Cast', [from], { DstT: { type: 'DT_FLOAT' } });
const number = (w: GraphWriter, name: string, value: number): string => w.constant(name, [value], []);
/** 9 x, rounded down. */
const whole = (w: GraphWriter, x: string): string =>
  w.node('whole', 'Floor', [w.node('scaled', 'Mul', [x, number(w, 'nine', 9)])]);

const compare =
  (op: string): Build =>
  (w, x) =>
    toFloat(w, w.node('truth', op, [whole(w, x), number(w, 'one', 1)]));
const logic =
  (op: string, more = true): Build =>
  (w, x) => {
    const above = w.node('above', 'Greater', [x, number(w, 'low', -0.2)]);
    const below = w.node('below', 'Less', [x, number(w, 'high', 0.2)]);
    return toFloat(w, w.node('truth', op, more ? [above, below] : [above]));
  };
const choose =
  (op: string): Build =>
  (w, x) => {
    const above = w.node('above', 'Greater', [x, number(w, 'low', -0.1)]);
    return w.node('y', op, [above, w.node('squared', 'Square', [x]), w.node('sine', 'Sin', [x])]);
  };
const reduced =
  (op: string): Build =>
  (w, x) => {
    const above = w.node('above', 'Greater', [x, number(w, 'low', -0.4)]);
    const truth = w.node('truth', op, [above, w.ints('axes', [3])], { keep_dims: { bool: true } });
    return w.node('y', 'Mul', [x, toFloat(w, truth, 'float')]);
  };
const place =
  (op: string): Build =>
  (w, x) =>
    toFloat(w, w.node('place', op, [x, w.int('axis', 3)]));
/** x times a number that is known before the run. */
const times = (w: GraphWriter, x: string, known: string): string =>
  w.node('y', 'Mul', [x, toFloat(w, known, 'factor')]);
const positive = (w: GraphWriter, x: string): string => w.node('positive', 'Exp', [x]);
const behindExp =
  (op: string): Build =>
  (w, x) =>
    w.node('y', op, [positive(w, x)]);
const same =
  (op: string): Build =>
  (w, x) =>
    w.node('y', 'Square', [w.node('same', op, [x])]);
/** Two operands, the second one smaller, of the image as well. */
const withMean =
  (op: string): Build =>
  (w, x) => {
    const mean = w.node('mean', 'Mean', [x, w.ints('axes', [1, 2])], { keep_dims: { bool: true } });
    return w.node('y', op, [x, w.node('divisor', 'Exp', [mean])]);
  };
const product =
  (op: string): Build =>
  (w, x) =>
    w.node('y', op, [x, w.node('gate', 'Tanh', [x])], { adj_x: { bool: false }, adj_y: { bool: true } });
const noise =
  (op: string): Build =>
  (w, x) => {
    const drawn = w.node('drawn', op, [w.node('shape', 'Shape', [x])], { dtype: { type: 'DT_FLOAT' } });
    return w.node('y', 'AddV2', [x, w.node('tiny', 'Mul', [drawn, number(w, 'scale', 1e-7)])]);
  };

/** Results that small changes of the image don't change: their gradient is 0, and no difference. */
export const flatGraphOps: Readonly<Record<string, Build>> = {
  Equal: compare('Equal'),
  NotEqual: compare('NotEqual'),
  Greater: compare('Greater'),
  GreaterEqual: compare('GreaterEqual'),
  Less: compare('Less'),
  LessEqual: compare('LessEqual'),
  LogicalAnd: logic('LogicalAnd'),
  LogicalOr: logic('LogicalOr'),
  LogicalNot: logic('LogicalNot', false),
  ArgMax: place('ArgMax'),
  ArgMin: place('ArgMin'),
  Ceil: unary('Ceil'),
  Floor: unary('Floor'),
  Round: unary('Round'),
  Sign: unary('Sign'),
  FloorDiv: (w, x) => w.node('y', 'FloorDiv', [x, number(w, 'divisor', 0.3)]),
  'Cast to whole numbers': (w, x) =>
    toFloat(
      w,
      w.node('whole', 'Cast', [w.node('scaled', 'Mul', [x, number(w, 'nine', 9)])], {
        DstT: { type: 'DT_INT32' },
      }),
    ),
};

/** Ops of truth values, of whole numbers, of what is known before the run, and the like. */
export const knownGraphOpCases: Readonly<Record<string, Build>> = {
  ...flatGraphOps,
  Select: choose('Select'),
  SelectV2: choose('SelectV2'),
  All: reduced('All'),
  Any: reduced('Any'),
  BatchMatMul: product('BatchMatMul'),
  BatchMatMulV2: product('BatchMatMulV2'),
  Cos: unary('Cos'),
  Sin: unary('Sin'),
  Expm1: unary('Expm1'),
  Softsign: unary('Softsign'),
  Log1p: behindExp('Log1p'),
  Reciprocal: behindExp('Reciprocal'),
  Inv: behindExp('Inv'),
  Div: withMean('Div'),
  DivNoNan: withMean('DivNoNan'),
  FloorMod: withMean('FloorMod'),
  Mod: withMean('Mod'),
  'Maximum of an image and its mean': withMean('Maximum'),
  'Minimum of an image and its mean': withMean('Minimum'),
  'SquaredDifference to a mean': withMean('SquaredDifference'),
  'Prelu with a computed slope': (w, x) =>
    w.node('y', 'Prelu', [x, w.node('mean', 'Mean', [x, w.ints('axes', [0, 1, 2])])]),
  Pow: (w, x) => w.node('y', 'Pow', [positive(w, x), x]),
  Identity: same('Identity'),
  IdentityN: same('IdentityN'),
  Snapshot: same('Snapshot'),
  PreventGradient: same('PreventGradient'),
  CheckNumerics: same('CheckNumerics'),
  PlaceholderWithDefault: same('PlaceholderWithDefault'),
  LRN: unary('LRN', {
    depth_radius: { int: 1 },
    bias: { float: 1.2 },
    alpha: { float: 0.4 },
    beta: { float: 0.6 },
  }),
  Concat: (w, x) =>
    w.node('y', 'Concat', [w.int('axis', 3), x, w.node('relu', 'Relu', [x])], { N: { int: 2 } }),
  Gather: (w, x) =>
    w.node('y', 'Gather', [
      w.node('first', 'Transpose', [x, w.ints('order', [3, 0, 1, 2])]),
      w.ints('indices', [2, 0, 2]),
    ]),
  Unpack: (w, x) =>
    w.node('y', 'Square', [`${w.node('parts', 'Unpack', [x], { axis: { int: 3 }, num: { int: 4 } })}:2`]),
  BroadcastTo: (w, x) => {
    const mean = w.node('mean', 'Mean', [x, w.ints('axes', [1, 2])], { keep_dims: { bool: true } });
    return w.node('y', 'BroadcastTo', [mean, w.ints('shape', [2, 3, 2, 4])]);
  },
  Fill: (w, x) =>
    w.node('y', 'Mul', [x, w.node('filled', 'Fill', [w.ints('shape', [5, 4]), number(w, 'value', 0.7)])]),
  Range: (w, x) =>
    w.node('y', 'Mul', [
      x,
      w.node('range', 'Range', [number(w, 'start', 1), number(w, 'limit', 3), number(w, 'step', 0.5)]),
    ]),
  OnesLike: (w, x) => w.node('y', 'Sub', [x, w.node('ones', 'OnesLike', [x])]),
  ZerosLike: (w, x) => w.node('y', 'AddV2', [x, w.node('zeros', 'ZerosLike', [x])]),
  Prod: (w, x) => w.node('y', 'Prod', [x, w.ints('axes', [3])], { keep_dims: { bool: true } }),
  Pack: (w, x) => w.node('y', 'Pack', [x, w.node('sine', 'Sin', [x])], { axis: { int: 2 }, N: { int: 2 } }),
  BatchToSpaceND: (w, x) =>
    w.node('y', 'BatchToSpaceND', [
      w.node('both', 'ConcatV2', [x, w.node('sine', 'Sin', [x]), w.int('axis', 0)], { N: { int: 2 } }),
      w.ints('block', [2, 1]),
      w.constant('crops', [1, 0, 0, 2], [2, 2], 'int32'),
    ]),
  Shape: (w, x) =>
    times(
      w,
      x,
      w.node('last', 'Slice', [w.node('shape', 'Shape', [x]), w.ints('begin', [3]), w.ints('length', [1])]),
    ),
  Size: (w, x) => times(w, x, w.node('size', 'Size', [x])),
  Rank: (w, x) => times(w, x, w.node('rank', 'Rank', [x])),
  ShapeN: (w, x) => {
    const shapes = w.node('shapes', 'ShapeN', [x, x], { N: { int: 2 } });
    return times(
      w,
      x,
      w.node('columns', 'Slice', [`${shapes}:1`, w.ints('begin', [2]), w.ints('length', [1])]),
    );
  },
  FusedBatchNormV2: (w, x) => {
    const vector = (name: string, seed: number, shift: number): string =>
      w.constant(
        name,
        values([4], seed).map((value) => value + shift),
        [4],
      );
    return w.node(
      'y',
      'FusedBatchNormV2',
      [x, vector('scale', 1, 1), vector('offset', 2, 0), vector('mean', 3, 0), vector('variance', 4, 1)],
      { epsilon: { float: 0.01 }, is_training: { bool: false }, data_format: { text: 'NHWC' } },
    );
  },
  'FusedBatchNormV3 with computed statistics': (w, x) => {
    const axes = w.ints('axes', [0, 1, 2]);
    const mean = w.node('mean', 'Mean', [x, axes]);
    const variance = w.node('variance', 'Mean', [w.node('squares', 'SquaredDifference', [x, mean]), axes]);
    const [scale, offset] = [
      w.constant('scale', values([4]), [4]),
      w.constant('offset', values([4], 2), [4]),
    ];
    return w.node('y', 'FusedBatchNormV3', [x, scale, offset, mean, variance], {
      epsilon: { float: 0.01 },
      is_training: { bool: false },
      data_format: { text: 'NHWC' },
    });
  },
  RandomStandardNormal: noise('RandomStandardNormal'),
  RandomUniform: noise('RandomUniform'),
};
