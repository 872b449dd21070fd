import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import type { Program } from '../../../../src/core/engine/tracing/program';
import { loadOnnxModel } from '../../../../src/core/models/onnx/load-onnx-model';
import { caseFile, readCase } from '../../../support/cases';
import { deviceWith, eager, relativeError, runOn } from '../../engine/engine-fixture';

/** One pattern of operators each, whose gradient was false or could not be built. PyTorch in float64 is the reference. */
const names = [
  'wrong-batchnorm-with-computed-statistics',
  'crash-expand-to-5-dimensions',
  'crash-minimum-broadcast-operand-from-image',
  'crash-tile-of-5-dimensions',
  // Filters that are standardised: a BatchNormalization in training mode, of weights.
  'unsupported-batchnorm-training-mode-on-weights',
];

describe("ONNX files with a pattern of their own: torch's logits and gradients", () => {
  for (const name of names) {
    it(name, async () => {
      const images = await readCase('models/x.npy');
      const labels = await readCase('models/y.npy');
      const [logits, gradient] = [
        await readCase(`models/${name}.logits.npy`),
        await readCase(`models/${name}.grad.npy`),
      ];
      const model = await loadOnnxModel(caseFile(`models/${name}.onnx`));
      const targets = (): tf.Tensor =>
        tf.oneHot(tf.tensor1d([...labels.data], 'int32'), logits.shape[1] ?? 0).toFloat();
      const program: Program = (...[x]) => {
        assert.ok(x);
        const loss = (at: tf.Tensor): tf.Tensor =>
          tf.neg(tf.sum(tf.mul(targets(), tf.logSoftmax(model.forward(at)))));
        return [model.forward(x), tf.grad(loss)(x)];
      };
      for (const device of [eager, await deviceWith('portable'), await deviceWith('blocked')]) {
        const [y, dx] = await runOn(device, name, program, [images]);
        assert.ok(y && dx);
        assert.ok(relativeError(y, logits) < 1e-4, `logits: ${relativeError(y, logits)}`);
        assert.ok(relativeError(dx, gradient) < 1e-4, `gradient: ${relativeError(dx, gradient)}`);
      }
      model.dispose();
    });
  }
});
