import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import * as ort from '../../../../src/core/engine/runtime/onnx-runtime';
import type { Program } from '../../../../src/core/engine/tracing/program';
import type { NdArray } from '../../../../src/core/engine/arrays/nd-array';
import type { ImportedModel } from '../../../../src/core/models/imported-model';
import { loadOnnxModel } from '../../../../src/core/models/onnx/load-onnx-model';
import { deviceWith, eager, layouts, relativeError, runOn } from '../../engine/engine-fixture';
import { fixtureNames, readFixture, type Fixture } from './fixtures';

/** The logits, and the gradient of the summed cross-entropy with respect to the images. */
function logitsAndGradient(model: ImportedModel, { labels }: Fixture): Program {
  return (...[images]) => {
    assert.ok(images);
    const targets = tf.oneHot(tf.tensor1d([...labels], 'int32'), model.classes ?? 0);
    const loss = (x: tf.Tensor): tf.Scalar =>
      tf.neg(tf.sum(tf.mul(targets, tf.logSoftmax(model.forward(x))))).asScalar();
    return [model.forward(images), tf.grad(loss)(images)];
  };
}

/** What ONNX Runtime computes for the file, image by image: a file may be fixed to one. */
async function direct({ file, images }: Fixture): Promise<number[]> {
  const session = await ort.InferenceSession.create(file);
  const [batch = 0, ...rest] = images.shape;
  const size = images.data.length / batch;
  const logits: number[] = [];
  for (let i = 0; i < batch; i++) {
    const image = new ort.Tensor('float32', images.data.slice(i * size, (i + 1) * size), [1, ...rest]);
    const results = await session.run({ [session.inputNames[0] ?? '']: image });
    const data = results[session.outputNames[0] ?? '']?.data;
    assert.ok(data instanceof Float32Array);
    logits.push(...data);
  }
  await session.release();
  return logits;
}

function assertWithin(actual: NdArray | undefined, expected: NdArray, tolerance: number, what: string): void {
  assert.ok(actual, what);
  const error = relativeError(actual, expected);
  assert.ok(error <= tolerance, `${what}: relative error ${error}`);
}

describe("models that torch exported: ONNX Runtime's logits, torch's gradients", function () {
  this.timeout(60_000);

  for (const name of fixtureNames) {
    it(name, async () => {
      const fixture = await readFixture(name);
      const model = await loadOnnxModel(fixture.file);
      try {
        assert.equal(model.layout, 'NCHW');
        assert.equal(model.classes, 10);
        const reference = { ...fixture.logits, data: Float32Array.from(await direct(fixture)) };
        assertWithin(reference, fixture.logits, 1e-4, 'ONNX Runtime and torch');
        for (const layout of layouts) {
          const device = await deviceWith(layout);
          const [logits, gradient] = await runOn(device, name, logitsAndGradient(model, fixture), [
            fixture.images,
          ]);
          assertWithin(logits, reference, 1e-4, `logits (${layout})`);
          assertWithin(gradient, fixture.gradient, 1e-3, `gradient (${layout})`);
        }
      } finally {
        model.dispose();
      }
    });
  }

  it('on a backend of TF.js', async () => {
    const fixture = await readFixture('mixed');
    const model = await loadOnnxModel(fixture.file);
    const [logits, gradient] = await runOn(eager, 'mixed', logitsAndGradient(model, fixture), [
      fixture.images,
    ]);
    assertWithin(logits, fixture.logits, 1e-4, 'logits');
    assertWithin(gradient, fixture.gradient, 1e-3, 'gradient');
    model.dispose();
  });
});
