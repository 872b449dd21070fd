import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { encodeOnnxModel } from '../../../../src/core/engine/graph/onnx-model';
import { probeBlock } from '../../../../src/core/engine/devices/nchwc-probe';
import { traceProgram } from '../../../../src/core/engine/compile/trace-program';
import { assertClose, deviceWith, noise, runOn } from '../engine-fixture';

type Shape4 = [number, number, number, number];
type Padding = 'same' | number | tf.backend_util.ExplicitPadding;

const gradients =
  (x: Shape4, filter: Shape4, pad: Padding) =>
  (image: tf.Tensor, kernel: tf.Tensor): tf.Tensor[] => {
    const f = (a: tf.Tensor, b: tf.Tensor): tf.Tensor =>
      tf
        .conv2d(a.as4D(...x), b.as4D(...filter), 1, pad)
        .square()
        .mean();
    const { value, grads } = tf.valueAndGrads((a: tf.Tensor, b: tf.Tensor) => f(a, b))([image, kernel]);
    return [value, ...grads];
  };

describe('a 3x3 convolution of many channels on blocked data (minimal filtering)', () => {
  const cases: readonly { x: Shape4; outputs: number; pad: Padding }[] = [
    { x: [32, 16, 16, 64], outputs: 64, pad: 'same' },
    { x: [41, 15, 15, 70], outputs: 80, pad: 'same' },
    { x: [40, 12, 15, 64], outputs: 96, pad: 2 },
    {
      x: [60, 12, 15, 64],
      outputs: 64,
      pad: [
        [0, 0],
        [1, 3],
        [1, 4],
        [0, 0],
      ],
    },
  ];
  for (const { x, outputs, pad } of cases) {
    it(`agrees with plain convolutions, with its gradients: ${x.join('x')} to ${outputs}, padding ${JSON.stringify(pad)}`, async () => {
      const filter: Shape4 = [3, 3, x[3], outputs];
      const [program, inputs] = [gradients(x, filter, pad), [noise(x), noise(filter, 2)]];
      // TF.js's own convolutions take minutes at this size; the portable layout is tested against them elsewhere.
      const expected = await runOn(await deviceWith('portable'), 'plain', program, inputs);
      assertClose(
        await runOn(await deviceWith('blocked'), 'winograd', program, inputs),
        expected,
        'winograd',
      );
    });
  }

  it('takes 4 instead of 9 products', async () => {
    const block = await probeBlock(true);
    const x: Shape4 = [32, 16, 16, 64];
    const shapes = [x, [3, 3, 64, 64]].map((shape) => ({ dtype: 'float32' as const, shape }));
    const traced = traceProgram('winograd', gradients(x, [3, 3, 64, 64], 'same'), shapes, { block });
    const products = traced.graph.nodes.filter(
      ({ op, attributes }) =>
        op === 'Conv' && attributes.group === 1 && JSON.stringify(attributes.kernel_shape) === '[1,1]',
    );
    assert.equal(products.length, 32, 'sixteen for the values, sixteen for the gradient');
    assert.ok(encodeOnnxModel(traced.graph).length < 100_000);
  });
});
