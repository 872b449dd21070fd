import type { Random } from '../../../../src/core/random';
import { between, chance, pick } from '../kernel-cases/operands';

type Pair = readonly [number, number];

interface Windowed {
  readonly kernel: Pair;
  readonly strides: Pair;
  readonly pad: 'same' | 'valid';
}

export const activations = [
  'relu',
  'relu',
  'relu',
  'relu6',
  'leakyRelu',
  'prelu',
  'elu',
  'selu',
  'sigmoid',
  'tanh',
  'softplus',
  'swish',
  'gelu',
  'hardSigmoid',
] as const;

export type Activation = (typeof activations)[number];

export type Layer =
  | (Windowed & { readonly kind: 'conv' | 'fusedConv'; readonly outputs: number; readonly bias: boolean })
  | (Windowed & { readonly kind: 'depthwise'; readonly multiplier: number })
  | { readonly kind: 'separable'; readonly kernel: Pair; readonly outputs: number }
  | {
      readonly kind: 'transposedConv';
      readonly size: number;
      readonly stride: number;
      readonly outputs: number;
    }
  | { readonly kind: 'batchNorm'; readonly mode: 'train' | 'eval' | 'composed'; readonly relu: boolean }
  | { readonly kind: 'activation'; readonly name: Activation }
  | (Windowed & { readonly kind: 'maxPool' | 'averagePool' })
  | { readonly kind: 'pad'; readonly paddings: readonly [Pair, Pair] }
  | { readonly kind: 'upsample'; readonly method: 'nearest' | 'bilinear' }
  | { readonly kind: 'crop' }
  | {
      readonly kind: 'residual';
      readonly stride: number;
      readonly outputs: number;
      readonly preactivation: boolean;
    }
  | { readonly kind: 'dense block'; readonly growth: number }
  | { readonly kind: 'squeeze and excite' };

export interface NetworkSpec {
  readonly image: readonly [n: number, h: number, w: number, c: number];
  readonly layers: readonly Layer[];
  readonly head: 'flatten' | 'mean' | 'max' | 'mean and max';
  readonly hidden: number | undefined;
  readonly classes: number;
  readonly loss: 'cross-entropy' | 'smoothed cross-entropy' | 'squares' | 'margin';
  readonly optimizer: { readonly momentum: number; readonly nesterov: boolean; readonly decay: number };
}

interface Size {
  readonly n: number;
  readonly h: number;
  readonly w: number;
  readonly c: number;
}

/** Multiply-adds that a convolution may cost: TF.js's reference does some millions a second. */
const BUDGET = 50_000;

/** Channels: fewer than a block of 8 or 16, whole blocks, and in between; as many as the budget allows. */
function channels(random: Random, cost: number): number {
  const affordable = [1, 2, 3, 5, 6, 7, 8, 9, 12, 13, 16, 17, 20, 24].filter((c) => c * cost <= BUDGET);
  return affordable.length > 0 ? pick(random, affordable) : 1;
}

function windowIn(random: Random, { h, w }: Size, largest: number): Windowed {
  const square = chance(random, 0.7);
  const k = between(random, 1, largest);
  const kernel: Pair = square ? [k, k] : [between(random, 1, largest), between(random, 1, largest)];
  const s = pick(random, [1, 1, 1, 2, 2, 3]);
  const strides: Pair = chance(random, 0.85) ? [s, s] : [between(random, 1, 2), between(random, 1, 3)];
  const fits = kernel[0] <= h && kernel[1] <= w;
  return { kernel, strides, pad: fits && chance(random, 0.4) ? 'valid' : 'same' };
}

const kinds = [
  ...(['conv', 'conv', 'conv', 'conv', 'fusedConv', 'depthwise', 'separable', 'transposedConv'] as const),
  ...(['batchNorm', 'batchNorm', 'batchNorm', 'activation', 'activation', 'activation'] as const),
  ...(['maxPool', 'maxPool', 'averagePool', 'pad', 'upsample', 'crop'] as const),
  ...(['residual', 'residual', 'dense block', 'squeeze and excite'] as const),
];

function randomLayer(random: Random, size: Size): Layer {
  const { n, h, w, c } = size;
  const area = n * h * w;
  const kind = pick(random, kinds);
  switch (kind) {
    case 'conv':
    case 'fusedConv': {
      const window = windowIn(random, size, 4);
      const outputs = channels(random, area * window.kernel[0] * window.kernel[1] * c);
      return { kind, ...window, outputs, bias: chance(random) };
    }
    case 'depthwise':
      return { kind, ...windowIn(random, size, 3), multiplier: c <= 12 ? pick(random, [1, 1, 2]) : 1 };
    case 'separable':
      return {
        kind,
        kernel: [between(random, 1, 3), between(random, 1, 3)],
        outputs: channels(random, area * c),
      };
    case 'transposedConv': {
      const [side, stride] = [between(random, 1, 3), h * w <= 16 ? between(random, 1, 2) : 1];
      return { kind, size: side, stride, outputs: channels(random, area * side * side * c) };
    }
    case 'batchNorm':
      return { kind, mode: pick(random, ['train', 'train', 'eval', 'composed']), relu: chance(random) };
    case 'activation':
      return { kind, name: pick(random, activations) };
    case 'maxPool':
    case 'averagePool': {
      const even = h % 2 === 0 && w % 2 === 0 && chance(random);
      return {
        kind,
        ...(even ? { kernel: [2, 2], strides: [2, 2], pad: 'valid' as const } : windowIn(random, size, 3)),
      };
    }
    case 'pad':
      return {
        kind,
        paddings: [
          [random.int(2), random.int(2)],
          [random.int(2), random.int(3)],
        ],
      };
    case 'upsample':
      return h * w <= 20 ? { kind, method: pick(random, ['nearest', 'bilinear']) } : { kind: 'crop' };
    case 'crop':
      return { kind };
    case 'residual': {
      const stride = chance(random, 0.3) ? 2 : 1;
      const outputs = stride === 1 && chance(random) ? c : channels(random, area * 9 * c);
      const affordable = area * 9 * (c + outputs) * outputs <= 2 * BUDGET;
      if (!affordable) return { kind: 'activation', name: 'relu' };
      return { kind, stride, outputs, preactivation: chance(random) };
    }
    case 'dense block':
      return { kind, growth: channels(random, area * 9 * c) };
    case 'squeeze and excite':
      return { kind };
  }
}

/** The size behind a layer. */
function sizeAfter(layer: Layer, { n, h, w, c }: Size): Size {
  const strided = ({ kernel, strides, pad }: Windowed): { h: number; w: number } =>
    pad === 'same'
      ? { h: Math.ceil(h / strides[0]), w: Math.ceil(w / strides[1]) }
      : { h: Math.floor((h - kernel[0]) / strides[0]) + 1, w: Math.floor((w - kernel[1]) / strides[1]) + 1 };
  switch (layer.kind) {
    case 'conv':
    case 'fusedConv':
      return { n, c: layer.outputs, ...strided(layer) };
    case 'depthwise':
      return { n, c: c * layer.multiplier, ...strided(layer) };
    case 'separable':
      return { n, h, w, c: layer.outputs };
    case 'transposedConv':
      return { n, h: h * layer.stride, w: w * layer.stride, c: layer.outputs };
    case 'maxPool':
    case 'averagePool':
      return { n, c, ...strided(layer) };
    case 'pad': {
      const [[top, bottom], [left, right]] = layer.paddings;
      return { n, h: h + top + bottom, w: w + left + right, c };
    }
    case 'upsample':
      return { n, h: h * 2, w: w * 2, c };
    case 'crop':
      return { n, h: Math.max(1, h - 1), w, c };
    case 'residual':
      return { n, h: Math.ceil(h / layer.stride), w: Math.ceil(w / layer.stride), c: layer.outputs };
    case 'dense block':
      return { n, h, w, c: c + layer.growth };
    case 'batchNorm':
    case 'activation':
    case 'squeeze and excite':
      return { n, h, w, c };
  }
}

export function randomNetwork(random: Random): NetworkSpec {
  const [n, h, w] = [between(random, 1, 4), between(random, 2, 8), between(random, 2, 8)];
  let size: Size = { n, h, w, c: pick(random, [1, 3, 3, 4, 8, 17]) };
  const image = [size.n, size.h, size.w, size.c] as const;
  const layers: Layer[] = [];
  const depth = between(random, 1, 8);
  while (layers.length < depth) {
    const layer = randomLayer(random, size);
    const next = sizeAfter(layer, size);
    if (next.h > 10 || next.w > 10 || next.c > 40) continue;
    layers.push(layer);
    size = next;
  }
  return {
    image,
    layers,
    head: pick(random, ['flatten', 'mean', 'mean', 'max', 'mean and max']),
    hidden: chance(random, 0.3) ? between(random, 2, 12) : undefined,
    classes: between(random, 2, 12),
    loss: pick(random, ['cross-entropy', 'cross-entropy', 'smoothed cross-entropy', 'squares', 'margin']),
    optimizer: {
      momentum: pick(random, [0, 0.9, 0.9]),
      nesterov: chance(random, 0.3),
      decay: pick(random, [0, 5e-4, 0.1]),
    },
  };
}
