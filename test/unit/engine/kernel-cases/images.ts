import * as tf from '@tensorflow/tfjs';
import { batchNormInference, batchNormTrain } from '../../../../src/core/engine/ops/batch-norm';
import type { Random } from '../../../../src/core/random';
import { caseOf, type CaseMaker } from './kernel-case';
import { between, chance, floats, given, image, imageShape, lattice, pick, randomChannels } from './operands';
import { activations } from './products';

type Explicit = [[number, number], [number, number], [number, number], [number, number]];
type Rounding = 'floor' | 'round' | 'ceil';

interface Window {
  readonly h: number;
  readonly w: number;
  readonly kernel: [number, number];
  readonly strides: [number, number];
  readonly pad: 'same' | 'valid' | number | Explicit;
  readonly rounding: Rounding | undefined;
  readonly label: string;
}

/** A window that fits into its image, with any stride and padding. */
function windowOf(random: Random, { largest = 4, pool = false } = {}): Window {
  const kernel: [number, number] = [between(random, 1, largest), between(random, 1, largest)];
  const strides: [number, number] = chance(random) ? [1, 1] : [between(random, 1, 3), between(random, 1, 3)];
  const [h, w] = [between(random, 1, 7), between(random, 1, 7)];
  const fits = kernel[0] <= h && kernel[1] <= w;
  const inside = (size: number): number => random.int(Math.min(size, 3));
  // With a number as padding TF.js takes the kernel's height and the row stride for the width as well.
  const kind = pick(random, ['same', 'same', ...(fits ? (['valid', 'number', 'explicit'] as const) : [])]);
  if (kind === 'number') kernel[1] = Math.min(kernel[0], w);
  if (kind === 'number') kernel[0] = kernel[1];
  if (kind === 'number' && pool) strides[1] = strides[0];
  const explicit = (): Explicit => [
    [0, 0],
    [inside(kernel[0]), inside(kernel[0])],
    [inside(kernel[1]), inside(kernel[1])],
    [0, 0],
  ];
  const pad = kind === 'number' ? inside(kernel[0]) : kind === 'explicit' ? explicit() : kind;
  // A pool has at least one input in each window, also in one that exists because sizes are rounded up.
  const roundsUp = !pool || kernel.every((size, i) => Math.min(size, 3) - 1 + (strides[i] ?? 1) <= size);
  const rounding =
    typeof pad === 'string' ? undefined : pick(random, roundsUp ? ['floor', 'round', 'ceil'] : ['floor']);
  const label = `${h}x${w} kernel ${kernel.join('x')} strides ${strides.join('x')} pad ${JSON.stringify(pad)} ${rounding ?? ''}`;
  return { h, w, kernel, strides, pad, rounding, label };
}

const batch = (random: Random): number => between(random, 1, 3);

export const images: Readonly<Record<string, CaseMaker>> = {
  conv2d: (random) => {
    const { h, w, kernel, strides, pad, rounding, label } = windowOf(random);
    const c = randomChannels(random);
    const operands = [
      floats(random, [batch(random), h, w, c]),
      given(lattice(random, [...kernel, c, randomChannels(random)])),
    ];
    return caseOf(`conv2d ${label}`, operands, (x, f) =>
      tf.conv2d(image(x), image(f), strides, pad, 'NHWC', 1, rounding),
    );
  },
  // ONNX Runtime's WebGPU provider computed these two wrongly.
  'conv2d of 6 or 9 channels to 4 or 8': (random) => {
    const [c, outputs, k] = [pick(random, [6, 9]), pick(random, [4, 8]), between(random, 2, 3)];
    const operands = [floats(random, [2, 4, 5, c]), given(lattice(random, [k, k, c, outputs]))];
    return caseOf(`conv2d ${k}`, operands, (x, f) => tf.conv2d(image(x), image(f), 1, 'same'));
  },
  'conv2d with a kernel as large as the image': (random) => {
    const [c, outputs, k] = [randomChannels(random), pick(random, [1, 4, 6]), pick(random, [2, 4])];
    const operands = [floats(random, [2, k, k, c]), given(lattice(random, [k, k, c, outputs]))];
    return caseOf(`conv2d ${k}`, operands, (x, f) =>
      tf.conv2d(image(x), image(f), 1, [
        [0, 0],
        [0, 1],
        [0, 2],
        [0, 0],
      ]),
    );
  },
  'dilated conv2d': (random) => {
    const { h, w, kernel, label } = windowOf(random, { largest: 3 });
    const dilations: [number, number] = [between(random, 1, 2), between(random, 1, 2)];
    const c = randomChannels(random);
    const operands = [
      floats(random, [batch(random), h, w, c]),
      given(lattice(random, [...kernel, c, randomChannels(random)])),
    ];
    return caseOf(
      `conv2d ${label} dilations ${dilations.join()}`,
      operands,
      (x, f) => tf.conv2d(image(x), image(f), 1, 'same', 'NHWC', dilations),
      'none',
    );
  },
  'fused conv2d': (random) => {
    const { h, w, kernel, strides, pad, rounding, label } = windowOf(random);
    const activation = pick(random, activations);
    const [c, outputs] = [randomChannels(random), randomChannels(random)];
    const operands = [
      floats(random, [batch(random), h, w, c]),
      given(lattice(random, [...kernel, c, outputs])),
      floats(random, [outputs]),
      floats(random, [outputs]),
    ];
    const differentiable = activation === 'linear' || activation === 'relu' || activation === 'elu';
    return caseOf(
      `fused conv2d ${activation} ${label}`,
      operands,
      (x, f, bias, slope) =>
        tf.fused
          .conv2d({
            x: image(x),
            filter: image(f),
            strides,
            pad,
            bias,
            activation,
            leakyreluAlpha: 0.3,
            ...(rounding ? { dimRoundingMode: rounding } : {}),
            ...(activation === 'prelu' ? { preluActivationWeights: slope } : {}),
          })
          .add(slope.sum()),
      differentiable ? 'tfjs' : 'none',
    );
  },
  conv2dTranspose: (random) => {
    const k = between(random, 1, 3);
    const stride = between(random, 1, 3);
    const [n, h, w, c, outputs] = [
      batch(random),
      between(random, 1, 4),
      between(random, 1, 4),
      randomChannels(random),
      randomChannels(random),
    ];
    const pad = pick(random, ['same', 'valid']);
    const size = (inputs: number): number => (pad === 'same' ? inputs * stride : (inputs - 1) * stride + k);
    const operands = [floats(random, [n, h, w, c]), given(lattice(random, [k, k, outputs, c]))];
    return caseOf(`conv2dTranspose ${k} stride ${stride} ${pad}`, operands, (x, f) =>
      tf.conv2dTranspose(image(x), image(f), [n, size(h), size(w), outputs], stride, pad),
    );
  },
  depthwiseConv2d: (random) => {
    const { h, w, kernel, strides, pad, rounding, label } = windowOf(random, { largest: 3 });
    const c = randomChannels(random);
    const operands = [
      floats(random, [batch(random), h, w, c]),
      given(lattice(random, [...kernel, c, pick(random, [1, 1, 2, 3])])),
    ];
    return caseOf(`depthwiseConv2d ${label}`, operands, (x, f) =>
      tf.depthwiseConv2d(image(x), image(f), strides, pad, 'NHWC', 1, rounding),
    );
  },
  'fused depthwiseConv2d': (random) => {
    const { h, w, kernel, label } = windowOf(random, { largest: 3 });
    const c = randomChannels(random);
    const activation = pick(random, activations);
    const operands = [
      floats(random, [batch(random), h, w, c]),
      given(lattice(random, [...kernel, c, 1])),
      floats(random, [c]),
      floats(random, [c]),
    ];
    return caseOf(
      `fused depthwiseConv2d ${activation} ${label}`,
      operands,
      (x, f, bias, slope) =>
        tf.fused.depthwiseConv2d({
          x: image(x),
          filter: image(f),
          strides: 1,
          pad: 'same',
          bias,
          activation,
          leakyreluAlpha: 0.3,
          ...(activation === 'prelu' ? { preluActivationWeights: slope } : {}),
        }),
      'none',
    );
  },
  separableConv2d: (random) => {
    const [c, outputs, k] = [randomChannels(random), randomChannels(random), between(random, 1, 3)];
    const operands = [
      floats(random, [batch(random), 4, 5, c]),
      given(lattice(random, [k, k, c, 1])),
      given(lattice(random, [1, 1, c, outputs])),
    ];
    return caseOf(`separableConv2d ${k}`, operands, (x, f, g) =>
      tf.separableConv2d(image(x), image(f), image(g), 1, 'same'),
    );
  },
  maxPool: (random) => {
    const { h, w, kernel, strides, pad, rounding, label } = windowOf(random, { pool: true });
    return caseOf(`maxPool ${label}`, [floats(random, [batch(random), h, w, randomChannels(random)])], (x) =>
      tf.maxPool(image(x), kernel, strides, pad, rounding),
    );
  },
  'maxPool of halves': (random) => {
    const shape = [
      batch(random),
      between(random, 1, 4) * 2,
      between(random, 1, 4) * 2,
      randomChannels(random),
    ];
    return caseOf('maxPool of halves', [floats(random, shape)], (x) =>
      tf.maxPool(image(x.relu()), 2, 2, 'valid').square(),
    );
  },
  avgPool: (random) => {
    const { h, w, kernel, strides, pad, rounding, label } = windowOf(random, { pool: true });
    const shape = [1, h, w, pick(random, [1, 3, 8, 17])];
    const blocked = chance(random);
    // Behind a convolution with a fixed filter the image is blocked, and the map is linear still.
    const filter = lattice(random, [1, 1, shape[3] ?? 1, 16]);
    return caseOf(
      `avgPool ${label}${blocked ? ' behind a convolution' : ''}`,
      [given(lattice(random, shape))],
      (x) => {
        const y = blocked
          ? tf.conv2d(image(x), tf.tensor4d(filter.data, [1, 1, shape[3] ?? 1, 16]), 1, 'same')
          : image(x);
        return tf.avgPool(y, kernel, strides, pad, rounding);
      },
      'linear',
    );
  },
  'avgPool of tiles': (random) => {
    const k: [number, number] = [between(random, 1, 3), between(random, 1, 3)];
    const shape = [
      batch(random),
      between(random, 1, 3) * k[0],
      between(random, 1, 3) * k[1],
      randomChannels(random),
    ];
    return caseOf(`avgPool of tiles ${k.join('x')}`, [floats(random, shape)], (x) =>
      tf.avgPool(image(x), k, k, 'valid').square(),
    );
  },
  'pools behind a pad': (random) => {
    const [h, w] = [between(random, 2, 5), between(random, 2, 5)];
    const [k, stride] = [between(random, 1, 2), between(random, 1, 3)];
    const side = (): [number, number] => [random.int(3), random.int(3)];
    const paddings: [number, number][] = [[0, 0], side(), side(), [0, 0]];
    const operand = floats(random, [batch(random), h, w, randomChannels(random)]);
    return caseOf(`pools ${k} stride ${stride} behind a pad ${JSON.stringify(paddings)}`, [operand], (x) => {
      const padded = tf.pad(image(x), paddings, 0.5);
      return [tf.maxPool(padded, k, stride, 'valid'), tf.avgPool(padded, k, stride, 'valid')];
    });
  },
  'global pools': (random) =>
    caseOf('global pools', [floats(random, imageShape(random))], (x) => [
      x.mean([1, 2]),
      x.max([1, 2]),
      x.mean([1, 2], true).mul(x),
    ]),
  ...Object.fromEntries(
    (['resizeNearestNeighbor', 'resizeBilinear'] as const).map((name): [string, CaseMaker] => [
      name,
      (random) => {
        const size: [number, number] = [between(random, 1, 8), between(random, 1, 8)];
        const align = chance(random);
        const half = !align && chance(random);
        const shape = [
          batch(random),
          between(random, 1, 4),
          between(random, 1, 4),
          pick(random, [1, 2, 3, 9]),
        ];
        return caseOf(
          `${name} to ${size.join('x')}, alignCorners ${align}, halfPixelCenters ${half}`,
          [given(lattice(random, shape))],
          (x) => tf.image[name](image(x), size, align, half),
          'linear',
        );
      },
    ]),
  ),
  'batch norm of the batch': (random) => {
    const shape = chance(random, 0.8)
      ? [between(random, 2, 3), between(random, 2, 5), between(random, 2, 5), randomChannels(random)]
      : [6, 5];
    const c = shape.at(-1) ?? 1;
    const relu = chance(random);
    const operands = [given(lattice(random, shape)), floats(random, [c]), floats(random, [c])];
    return caseOf(`batch norm of the batch, relu ${relu}`, operands, (x, gamma, beta) => {
      // An offset between the lattice points: no ReLU input is nearly 0.
      const { y } = batchNormTrain(x, gamma.add(1.3), beta.add(1 / 37), { epsilon: 1e-2, relu });
      return y;
    });
  },
  'batch norm behind a convolution': (random) => {
    const c = randomChannels(random);
    const relu = chance(random);
    const operands = [
      given(lattice(random, [3, 4, 4, 3])),
      given(lattice(random, [3, 3, 3, c])),
      floats(random, [c]),
      floats(random, [c]),
    ];
    return caseOf(`batch norm behind a convolution, relu ${relu}`, operands, (x, f, gamma, beta) => {
      const z = tf.conv2d(image(x), image(f), 1, 'same');
      return batchNormTrain(z, gamma.add(1.3), beta.add(1 / 37), { epsilon: 1e-2, relu }).y;
    });
  },
  'statistics of a batch': (random) => {
    const shape = imageShape(random);
    const c = shape[3] ?? 1;
    return caseOf(
      'statistics of a batch',
      [floats(random, shape)],
      (x) => {
        const { mean, variance } = batchNormTrain(x, tf.ones([c]), tf.zeros([c]), {
          epsilon: 1e-2,
          relu: false,
        });
        return [mean, variance];
      },
      'none',
    );
  },
  'batch norm of recorded statistics': (random) => {
    const shape = imageShape(random);
    const c = shape[3] ?? 1;
    const relu = chance(random);
    const operands = [floats(random, shape), floats(random, [c]), floats(random, [c])];
    const recorded = [lattice(random, [c]), lattice(random, [c])].map(({ data }) => data);
    return caseOf(`batch norm of recorded statistics, relu ${relu}`, operands, (x, gamma, beta) => {
      const [mean, variance] = recorded.map((data) => tf.tensor(data, [c]));
      if (!mean || !variance) throw new RangeError('There are two statistics.');
      const options = { epsilon: 1e-3, relu };
      return batchNormInference(x, gamma.add(1.3), beta.add(1 / 37), mean, variance.abs().add(0.5), options);
    });
  },
  "TF.js's batchNorm": (random) => {
    const shape = imageShape(random);
    const c = shape[3] ?? 1;
    const [scaled, shifted] = [chance(random), chance(random)];
    const operands = [
      floats(random, shape),
      given(lattice(random, [c])),
      given(lattice(random, [c])),
      given(lattice(random, [c])),
      given(lattice(random, [c])),
    ];
    return caseOf(
      `batchNorm, scale ${scaled}, offset ${shifted}`,
      operands,
      (x, mean, variance, offset, scale) =>
        tf
          .batchNorm(
            image(x),
            mean as tf.Tensor1D,
            variance.abs().add<tf.Tensor1D>(0.5),
            shifted ? (offset as tf.Tensor1D) : undefined,
            scaled ? (scale as tf.Tensor1D) : undefined,
            1e-3,
          )
          .add(offset.sum())
          .add(scale.sum()),
      // TF.js's gradient wants both.
      scaled && shifted ? 'tfjs' : 'none',
    );
  },
  'a residual block': (random) => {
    const c = randomChannels(random);
    const stride = between(random, 1, 2);
    const operands = [
      floats(random, [batch(random), 4, 4, c]),
      given(lattice(random, [3, 3, c, c])),
      given(lattice(random, [3, 3, c, c])),
      given(lattice(random, [1, 1, c, c])),
    ];
    return caseOf(`a residual block, stride ${stride}`, operands, (x, f, g, h) => {
      const a = tf.conv2d(image(x.relu()), image(f), stride, 'same').mul(1 / 16);
      const b = tf.conv2d(image(a.relu()), image(g), 1, 'same');
      return b
        .add(tf.conv2d(image(x), image(h), stride, 'same'))
        .add(a)
        .relu();
    });
  },
};
