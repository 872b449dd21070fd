import * as tf from '@tensorflow/tfjs';
import { batchNormInference, batchNormTrain } from '../../../../src/core/engine/ops/batch-norm';
import { convolutions } from './convolutions';
import { caseOf, type CaseMaker } from './kernel-case';
import { between, chance, floats, given, image, imageShape, lattice, pick, randomChannels } from './operands';
import { batch, windowOf } from './windows';

export const images: Readonly<Record<string, CaseMaker>> = {
  ...convolutions,
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
