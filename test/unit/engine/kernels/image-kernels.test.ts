import * as tf from '@tensorflow/tfjs';
import { batchNormInference, batchNormTrain } from '../../../../src/core/engine/ops/batch-norm';
import { assertSame, layouts, noise, withGradients } from '../engine-fixture';

type Padding = 'same' | 'valid' | number | [[0, 0], [number, number], [number, number], [0, 0]];

const image = (x: tf.Tensor): tf.Tensor4D => x as tf.Tensor4D;

for (const layout of layouts) {
  describe(`convolutions and pools (${layout})`, () => {
    it('conv2d and its two gradients over sizes, kernels, strides and paddings', async () => {
      const paddings: Padding[] = [
        'same',
        'valid',
        1,
        [
          [0, 0],
          [2, 0],
          [0, 1],
          [0, 0],
        ],
      ];
      for (const [h, w] of [
        [6, 6],
        [7, 5],
      ] as const) {
        for (const [kh, kw] of [
          [3, 3],
          [1, 1],
          [2, 3],
        ] as const) {
          for (const stride of [1, 2, 3]) {
            for (const pad of paddings) {
              const program = withGradients((x, f) => tf.conv2d(image(x), image(f), stride, pad));
              const what = `conv2d ${h}x${w} kernel ${kh}x${kw} stride ${stride} pad ${JSON.stringify(pad)}`;
              await assertSame(layout, what, program, [noise([2, h, w, 3]), noise([kh, kw, 3, 16], 2)]);
            }
          }
        }
      }
    });

    it('conv2d over channel counts, multiples of the block or not', async () => {
      for (const input of [1, 8, 16, 20]) {
        for (const output of [3, 8, 16, 20]) {
          for (const stride of [1, 2]) {
            const program = withGradients((x, f, g) =>
              tf.conv2d(tf.conv2d(image(x), image(f), 1, 'same'), image(g), stride, 'same'),
            );
            const inputs = [noise([2, 5, 6, 3]), noise([1, 1, 3, input], 2), noise([3, 3, input, output], 3)];
            await assertSame(layout, `conv2d ${input} to ${output}, stride ${stride}`, program, inputs);
          }
        }
      }
    });

    it('fused conv2d with bias and activation, with gradients', async () => {
      for (const activation of ['linear', 'relu', 'elu', 'sigmoid', 'relu6'] as const) {
        for (const channels of [16, 20]) {
          const program = withGradients((x, f, bias) =>
            tf.fused
              .conv2d({ x: image(x), filter: image(f), strides: 1, pad: 'same', bias, activation })
              .square(),
          );
          const inputs = [noise([2, 5, 6, 3]), noise([3, 3, 3, channels], 2), noise([channels], 3)];
          await assertSame(layout, `fused ${activation}`, program, inputs);
        }
      }
    });

    it('residual sums of convolutions', async () => {
      const program = withGradients((x, f, g, h) => {
        const a = tf.conv2d(image(x), image(f), 1, 'same');
        const b = tf.conv2d(image(a.relu()), image(g), 1, 'same').add(a);
        const c = tf.conv2d(image(b.relu()), image(h), 2, 'same');
        return c.add(tf.conv2d(image(b), image(h), 2, 'same'));
      });
      for (const c of [16, 20]) {
        const inputs = [
          noise([2, 6, 6, 3]),
          noise([3, 3, 3, c], 2),
          noise([3, 3, c, c], 3),
          noise([1, 1, c, 16], 4),
        ];
        await assertSame(layout, `residuals of ${c} channels`, program, inputs);
      }
    });

    it('depthwise conv2d and its gradients', async () => {
      for (const [k, stride, pad, multiplier] of [
        [3, 1, 'same', 1],
        [3, 2, 'same', 1],
        [1, 1, 'valid', 1],
        [2, 2, 'valid', 1],
        [3, 2, 'valid', 2],
      ] as const) {
        for (const c of [3, 16, 20]) {
          const program = withGradients((x, f, g) =>
            tf.depthwiseConv2d(tf.conv2d(image(x), image(f), 1, 'same'), image(g), stride, pad),
          );
          const inputs = [noise([2, 7, 6, 3]), noise([1, 1, 3, c], 2), noise([k, k, c, multiplier], 3)];
          await assertSame(layout, `depthwise ${k} stride ${stride} ${pad} of ${c}`, program, inputs);
        }
      }
    });

    it('max-pool and avg-pool with gradients', async () => {
      for (const [h, k, stride, pad] of [
        [8, 2, 2, 'valid'],
        [8, 2, 2, 'same'],
        [7, 2, 2, 'same'],
        [7, 2, 2, 'valid'],
        [8, 3, 2, 'same'],
        [9, 3, 2, 'valid'],
        [6, 3, 1, 'same'],
        [8, 4, 4, 'valid'],
      ] as const) {
        for (const c of [3, 16, 20]) {
          for (const relu of [false, true]) {
            const features = (x: tf.Tensor, f: tf.Tensor): tf.Tensor4D => {
              const y = tf.conv2d(image(x), image(f), 1, 'same');
              return relu ? y.relu() : y;
            };
            const inputs = [noise([2, h, h, 3]), noise([1, 1, 3, c], 2)];
            const what = `pool ${h} ${k}/${stride} ${pad} of ${c} channels`;
            await assertSame(
              layout,
              `max-${what}`,
              withGradients((x, f) => tf.maxPool(features(x, f), k, stride, pad)),
              inputs,
            );
            // TF.js's gradient of 'same' average pools is wrong where a window overlaps the padding.
            if (pad === 'same' && (h % stride !== 0 || k !== stride)) continue;
            await assertSame(
              layout,
              `avg-${what}`,
              withGradients((x, f) => tf.avgPool(features(x, f), k, stride, pad)),
              inputs,
            );
          }
        }
      }
    });

    it('max-pool sends the gradient to the first of equal maxima', async () => {
      const program = withGradients((x) =>
        tf.maxPool(image(x.mul(2).round()), 2, 2, 'valid').add(x.sum().mul(0)),
      );
      await assertSame(layout, 'ties', program, [noise([2, 8, 8, 16])]);
      const direct = withGradients((x) => tf.maxPool(image(tf.clipByValue(x, -0.2, 0.2)), 2, 2, 'valid'));
      await assertSame(layout, 'clipped', direct, [noise([2, 8, 8, 16])]);
    });

    it('batch norm with batch statistics and with recorded ones, with and without ReLU', async () => {
      for (const relu of [false, true]) {
        for (const c of [3, 8, 16, 20]) {
          const options = { epsilon: 1e-3, relu };
          const inputs = [noise([3, 4, 5, 3]), noise([1, 1, 3, c], 2), noise([c], 3), noise([c], 4)];
          const train = withGradients(
            (x, f, gamma, beta) =>
              batchNormTrain(tf.conv2d(image(x), image(f), 1, 'same'), gamma, beta, options).y,
          );
          await assertSame(layout, `train, ${c} channels`, train, inputs);
          const evaluate = withGradients((x, f, gamma, beta) => {
            const y = tf.conv2d(image(x), image(f), 1, 'same');
            return batchNormInference(y, gamma, beta, tf.fill([c], 0.2), tf.fill([c], 0.7), options);
          });
          await assertSame(layout, `eval, ${c} channels`, evaluate, inputs);
          await assertSame(
            layout,
            'statistics',
            (x, f, gamma, beta) => {
              const y = tf.conv2d(image(x), image(f), 1, 'same');
              const { mean, variance } = batchNormTrain(y, gamma, beta, options);
              return [mean, variance];
            },
            inputs,
          );
        }
      }
      const flat = withGradients(
        (x, gamma, beta) => batchNormTrain(x, gamma, beta, { epsilon: 1e-3, relu: true }).y,
      );
      await assertSame(layout, 'rank 2', flat, [noise([6, 5]), noise([5], 2), noise([5], 3)]);
    });

    it("TF.js's own batch norm", async () => {
      const program = withGradients((x, f, gamma, beta) => {
        const y = tf.conv2d(image(x), image(f), 1, 'same');
        return tf.batchNorm(y, tf.fill([16], 0.1), tf.fill([16], 0.8), beta.as1D(), gamma.as1D(), 1e-3);
      });
      await assertSame(layout, 'batchNorm', program, [
        noise([2, 4, 3, 3]),
        noise([1, 1, 3, 16], 2),
        noise([16], 3),
        noise([16], 4),
      ]);
    });

    it('resizing with gradients', async () => {
      // Batch 1: TF.js's gradient of the nearest neighbour is wrong for larger batches.
      for (const [h, size] of [
        [4, 8],
        [5, 3],
        [4, 7],
      ] as const) {
        for (const align of [false, true]) {
          const nearest = withGradients((x) => tf.image.resizeNearestNeighbor(image(x), [size, size], align));
          await assertSame(layout, `nearest ${h} to ${size}`, nearest, [noise([1, h, h, 3])]);
          const bilinear = withGradients((x) => tf.image.resizeBilinear(image(x), [size, size], align));
          await assertSame(layout, `bilinear ${h} to ${size}`, bilinear, [noise([2, h, h, 3])]);
        }
      }
    });
  });
}
