import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { sizeOf } from '../../../src/core/engine/arrays/nd-array';
import { createModel } from '../../../src/core/models/networks/create-model';
import type { ModelParameters } from '../../../src/core/models/networks/model-schema';
import { Random } from '../../../src/core/random';

export const context = {
  inputShape: [32, 32, 3] as const,
  classes: 10,
  seed: 0,
  normalization: { mean: [0.4914, 0.4822, 0.4465], std: [0.247, 0.2435, 0.2616] },
};

export function modelOf(p: ModelParameters, seed = 0): tf.LayersModel {
  return createModel(p, { ...context, seed });
}

/** A model for 8 x 8 images, small enough for TF.js's own backend. */
export function smallModel(name: ModelParameters['name'], seed = 0): tf.LayersModel {
  const small: Record<typeof name, ModelParameters> = {
    'small-cnn': { name: 'small-cnn', widths: [3, 4, 5, 6], hidden: 7 },
    'preact-resnet': { name: 'preact-resnet', blocks: [1, 2], width: 3 },
    resnet: { name: 'resnet', blocks: [1, 1], width: 3 },
    'wide-resnet': { name: 'wide-resnet', depth: 10, width: 1 },
  };
  const model = createModel(small[name], { ...context, inputShape: [8, 8, 3], seed });
  randomizeBatchNorm(model);
  return model;
}

/** Other values than 0 and 1, so that a test sees each of them. */
export function randomizeBatchNorm(model: tf.LayersModel): void {
  const random = Random.keyed(1, 'batch-norm');
  for (const layer of model.layers) {
    if (layer.getClassName() !== 'BatchNormalization' || !layer.trainable) continue;
    for (const weight of layer.weights) {
      const values = Array.from({ length: sizeOf(sizes(weight.shape)) }, () => 0.5 + random.uniform());
      tf.tidy(() => {
        weight.write(tf.tensor1d(values));
      });
    }
  }
}

export function sizes(shape: readonly (number | null)[]): number[] {
  return shape.map((size) => size ?? 0);
}

/** The number of trainable parameters. */
export function parametersOf(model: tf.LayersModel): number {
  return model.trainableWeights.reduce((sum, { shape }) => sum + sizeOf(sizes(shape)), 0);
}

export function randomImages(shape: readonly number[], seed = 0): tf.Tensor {
  const values = new Float32Array(sizeOf(shape));
  Random.keyed(seed, 'images').fillUniform(values, 0, 1);
  return tf.tensor(values, [...shape]);
}

export function predict(model: tf.LayersModel, x: tf.Tensor): tf.Tensor {
  const output = model.predict(x);
  assert.ok(output instanceof tf.Tensor);
  return output;
}

export function assertClose(
  actual: tf.Tensor | ArrayLike<number>,
  expected: tf.Tensor | ArrayLike<number>,
  tolerance = 1e-4,
): void {
  const [a, b] = [actual, expected].map((value) => (value instanceof tf.Tensor ? value.dataSync() : value));
  assert.equal(a?.length, b?.length);
  const scale = Math.max(1e-6, ...Array.from(b ?? [], Math.abs));
  for (let i = 0; i < (a?.length ?? 0); i++) {
    const difference = Math.abs((a?.[i] ?? 0) - (b?.[i] ?? 0));
    assert.ok(difference <= tolerance * scale, `${a?.[i] ?? ''} for ${b?.[i] ?? ''} at ${i}`);
  }
}
