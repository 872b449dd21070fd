import { noise } from '../../engine/engine-fixture';
import { floats, ints, scalar, type NodeOf } from './build-model';
import { behind, image, one, type OpCase, type Options } from './op-case';

const b = floats('b', noise([3, 1, 1], 5));
const toFloat: NodeOf = { op: 'Cast', inputs: ['op'], outputs: ['y'], attributes: { to: 1 } };
/** A result of truth values or whole numbers, as numbers: flat, whatever goes into it. */
const flat = (o: Options = {}): Options => ({ gradient: 'zero', after: [toFloat], ...o });

/** Numbers at which whole numbers meet: 3 x, rounded down. */
const rounded: NodeOf[] = [
  { op: 'Mul', inputs: ['x', 'three'], outputs: ['scaled'] },
  { op: 'Floor', inputs: ['scaled'], outputs: ['whole'] },
];
const wholes: Options = { before: rounded, from: 'whole', more: ['one'] };
const wholeTensors = [scalar('three', 3), scalar('one', 1)];
const comparisons = ['Equal', 'Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual'].map((op) =>
  one(op, {}, flat({ ...wholes, tensors: wholeTensors })),
);

const truths: Options = {
  before: [
    { op: 'Greater', inputs: ['x', 'b'], outputs: ['p'] },
    { op: 'Less', inputs: ['x', 'one'], outputs: ['q'] },
  ],
  from: 'p',
  tensors: [b, scalar('one', 0.5)],
};
const logic: OpCase[] = [
  ...comparisons,
  one('And', {}, flat({ ...truths, more: ['q'] })),
  one('Or', {}, flat({ ...truths, more: ['q'] })),
  one('Not', {}, flat(truths)),
];

const wholeNumbers: OpCase[] = [
  one('ArgMax', { axis: 1 }, flat()),
  one('ArgMax', { axis: 2, keepdims: 0 }, flat(behind())),
  one(
    'ArgMax',
    { axis: 3 },
    {
      what: 'beside its input',
      after: [
        { ...toFloat, outputs: ['place'] },
        { op: 'Mul', inputs: ['x', 'place'], outputs: ['y'] },
      ],
    },
  ),
  one('CastLike', {}, flat({ ...wholes, more: ['k'], tensors: [...wholeTensors, ints('k', [1])] })),
  one('CastLike', {}, flat({ what: 'of fractions', more: ['k'], tensors: [ints('k', [1])] })),
  one('CastLike', {}, { more: ['b'], tensors: [b], what: 'to floating point' }),
  one('Cast', { to: 7 }, flat()),
  one('Cast', { to: 9 }, flat()),
  one('Ceil', {}, { gradient: 'zero' }),
  one('Floor', {}, { gradient: 'zero' }),
  one('Round', {}, { gradient: 'zero' }),
  one('Sign', {}, { gradient: 'zero' }),
  one('Ceil', {}, { after: [{ op: 'Add', inputs: ['op', 'x'], outputs: ['y'] }] }),
  one('Mod', { fmod: 1 }, { more: ['m'], tensors: [scalar('m', 0.3)] }),
  one(
    'Mod',
    {},
    flat({
      before: [...rounded, { op: 'Cast', inputs: ['whole'], outputs: ['integer'], attributes: { to: 7 } }],
      from: 'integer',
      more: ['two'],
      tensors: [...wholeTensors, ints('two', [2])],
    }),
  ),
  one('ReduceProd', { axes: [2, 3] }),
  one('ReduceProd', { axes: [1], keepdims: 0 }, behind()),
];

/** x times what the op makes. */
const factor = (asFloat = false): NodeOf[] => [
  ...(asFloat ? [{ ...toFloat, outputs: ['factor'] }] : []),
  { op: 'Mul', inputs: ['x', asFloat ? 'factor' : 'op'], outputs: ['y'] },
];
const [, , , columns = 1] = image;
const known: OpCase[] = [
  one('Size', {}, { after: factor(true) }),
  one('Shape', { start: 3 }, { after: factor(true), what: 'of the columns' }),
  one(
    'Range',
    {},
    {
      from: 'start',
      more: ['limit', 'delta'],
      after: factor(),
      tensors: [scalar('start', 1), scalar('limit', 1 + columns * 0.5), scalar('delta', 0.5)],
    },
  ),
  one(
    'ConstantOfShape',
    { value: { tensor: { ...scalar('', 0.7), dims: [1] } } },
    { from: 's', after: factor(), tensors: [ints('s', [3, 1, columns])] },
  ),
  one('Constant', { value: { tensor: b } }, { from: '', after: factor() }),
];

/** Probabilities of 0 and 1. */
const certain: NodeOf[] = [
  { op: 'Greater', inputs: ['x', 'b'], outputs: ['p'] },
  { op: 'Cast', inputs: ['p'], outputs: ['share'], attributes: { to: 1 } },
];

/** Random numbers that are all but the same, so that two implementations agree. */
const random: OpCase[] = [
  one(
    'RandomNormal',
    { mean: { float: 0.7 }, scale: { float: 1e-7 }, shape: image },
    { from: '', after: factor() },
  ),
  one('RandomNormalLike', { mean: { float: -0.4 }, scale: { float: 1e-7 } }, { after: factor() }),
  one(
    'RandomUniform',
    { low: { float: 0.5 }, high: { float: 0.500001 }, shape: image },
    { from: '', after: factor() },
  ),
  one('RandomUniformLike', { low: { float: 2 }, high: { float: 2.000001 } }, { after: factor() }),
  one(
    'Bernoulli',
    {},
    {
      what: 'of 0 and 1',
      before: certain,
      // ONNX Runtime draws 1 with the probability 1 - p.
      reference: [...certain, { op: 'Identity', inputs: ['share'], outputs: ['y'] }],
      from: 'share',
      tensors: [b],
      gradient: 'zero',
    },
  ),
];

/** Ops of truth values, of whole numbers, of what is known before the run, and of random numbers. */
export const knownOpCases: Readonly<Record<string, readonly OpCase[]>> = {
  logic,
  wholeNumbers,
  known,
  random,
};
