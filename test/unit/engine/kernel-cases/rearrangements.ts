import * as tf from '@tensorflow/tfjs';
import type { Random } from '../../../../src/core/random';
import { caseOf, type CaseMaker } from './kernel-case';
import { between, chance, given, image, lattice, pick, randomShape } from './operands';

/** A linear case of one operand, given as it is or, an image, behind a convolution with a fixed filter. */
function linear(
  random: Random,
  name: string,
  shape: readonly number[],
  f: (x: tf.Tensor) => tf.Tensor,
): ReturnType<CaseMaker> {
  const [, , , channels = 1] = shape;
  const blocked = shape.length === 4 && chance(random);
  const filter = lattice(random, [1, 1, channels, channels]).data;
  return caseOf(
    `${name}${blocked ? ' behind a convolution' : ''}`,
    [given(lattice(random, shape))],
    (x) => f(blocked ? tf.conv2d(image(x), tf.tensor4d(filter, [1, 1, channels, channels]), 1, 'same') : x),
    'linear',
  );
}

/** Small, because a linear oracle runs once for each element. */
const smallImage = (random: Random): [number, number, number, number] => [
  between(random, 1, 2),
  between(random, 1, 3),
  between(random, 1, 3),
  pick(random, [1, 3, 8, 16]),
];

const blocksOf = (random: Random): [number, number] => [between(random, 1, 3), between(random, 1, 2)];

/** Ops that move elements: their gradients move them back. */
export const rearrangements: Readonly<Record<string, CaseMaker>> = {
  mirrorPad: (random) => {
    const mode = pick(random, ['reflect', 'symmetric']);
    const shape = chance(random) ? smallImage(random) : randomShape(random, between(random, 1, 4));
    const paddings = shape.map((size): [number, number] => {
      const most = mode === 'reflect' ? size - 1 : size;
      return [random.int(most + 1), random.int(most + 1)];
    });
    return linear(random, `mirrorPad ${mode} ${JSON.stringify(paddings)}`, shape, (x) =>
      tf.mirrorPad(x, paddings, mode),
    );
  },
  spaceToBatch: (random) => {
    const [bh, bw] = blocksOf(random);
    const [n, h, w, c] = smallImage(random);
    const paddings = [
      [0, (bh - (h % bh)) % bh],
      [bw * random.int(2), (bw - (w % bw)) % bw],
    ];
    return linear(
      random,
      `spaceToBatchND ${bh}x${bw} ${JSON.stringify(paddings)} of ${h}x${w}`,
      [n, h, w, c],
      (x) => tf.spaceToBatchND(x, [bh, bw], paddings),
    );
  },
  batchToSpace: (random) => {
    const [bh, bw] = blocksOf(random);
    const [, h, w, c] = smallImage(random);
    const crops = [
      [random.int(bh), 0],
      [0, random.int(bw)],
    ];
    return linear(random, `batchToSpaceND ${bh}x${bw} ${JSON.stringify(crops)}`, [bh * bw, h, w, c], (x) =>
      tf.batchToSpaceND(x, [bh, bw], crops),
    );
  },
  depthToSpace: (random) => {
    const block = between(random, 2, 3);
    const [n, h, w] = smallImage(random);
    const shape = [n, h, w, block * block * pick(random, [1, 2, 4])];
    return linear(random, `depthToSpace ${block}`, shape, (x) => tf.depthToSpace(image(x), block));
  },
  flipLeftRight: (random) =>
    linear(random, 'flipLeftRight', smallImage(random), (x) => tf.image.flipLeftRight(image(x))),
  cumsum: (random) => {
    const shape = randomShape(random, between(random, 1, 4));
    const axis = random.int(shape.length);
    const [exclusive, reverse] = [chance(random), chance(random)];
    return linear(random, `cumsum ${axis} ${exclusive} ${reverse}`, shape, (x) =>
      tf.cumsum(x, axis, exclusive, reverse),
    );
  },
  'conv2d of NCHW data': (random) => {
    const [n, h, w, c] = smallImage(random);
    const [k, stride] = [between(random, 1, 3), between(random, 1, 2)];
    const filter = lattice(random, [k, k, c, 5]);
    return caseOf(
      `conv2d NCHW ${k} stride ${stride}`,
      [given(lattice(random, [n, c, h, w])), given(filter)],
      (x, f) => tf.conv2d(image(x), image(f), stride, 'same', 'NCHW'),
    );
  },
  'gradient of a dilated conv2d': (random) => dilated(random, false),
  'gradient of a dilated depthwiseConv2d': (random) => dilated(random, true),
};

/** Linear in the image, and linear in the filter: one of them is the operand, the other one is fixed. */
function dilated(random: Random, depthwise: boolean): ReturnType<CaseMaker> {
  const [n, , , c] = smallImage(random);
  const shape = [n, between(random, 3, 5), between(random, 3, 5), c];
  const filterShape = [between(random, 1, 3), between(random, 1, 2), c, pick(random, [1, 2, 8])];
  const dilations: [number, number] = [between(random, 1, 2), between(random, 2, 3)];
  const fits = shape.slice(1, 3).every((size, i) => size > ((filterShape[i] ?? 1) - 1) * (dilations[i] ?? 1));
  const pad = fits && chance(random) ? 'valid' : 'same';
  const inFilter = chance(random);
  const fixed = lattice(random, inFilter ? shape : filterShape);
  const convolve = depthwise ? tf.depthwiseConv2d : tf.conv2d;
  return caseOf(
    `dilations ${dilations.join()} ${pad}, image ${shape.join()}, filter ${filterShape.join()}, in the ${inFilter ? 'filter' : 'image'}`,
    [given(lattice(random, inFilter ? filterShape : shape))],
    (operand) => {
      const other = tf.tensor4d(fixed.data, inFilter ? dims(shape) : dims(filterShape));
      const [x, filter] = inFilter ? [other, image(operand)] : [image(operand), other];
      return convolve(x, filter, 1, pad, 'NHWC', dilations);
    },
    'linear',
  );
}

function dims([a = 1, b = 1, c = 1, d = 1]: readonly number[]): [number, number, number, number] {
  return [a, b, c, d];
}
