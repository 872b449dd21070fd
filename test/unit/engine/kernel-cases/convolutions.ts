import * as tf from '@tensorflow/tfjs';
import { caseOf, type CaseMaker } from './kernel-case';
import { between, floats, given, image, lattice, pick, randomChannels } from './operands';
import { activations } from './products';
import { batch, windowOf } from './windows';

export const convolutions: Readonly<Record<string, CaseMaker>> = {
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
  'depthwiseConv2d with several outputs a channel': (random) => {
    const [c, multiplier, k] = [pick(random, [2, 3, 8]), between(random, 2, 3), between(random, 1, 3)];
    const operands = [floats(random, [2, 4, 5, c]), given(lattice(random, [k, k, c, multiplier]))];
    return caseOf(`depthwiseConv2d ${k}`, operands, (x, f) =>
      tf.depthwiseConv2d(image(x), image(f), 1, 'same'),
    );
  },
};
