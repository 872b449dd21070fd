import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import type { Program } from '../../../src/core/engine/device';
import { assertClose, deviceWith, eager, noise, relativeError, skipWithoutWebGpu } from './engine-fixture';

const initial = noise([3, 4], 3);
const x = noise([5, 3], 8);

/** SGD with momentum and weight decay on a linear map. */
function sgd(weights: tf.Variable, momentum: tf.Variable): Program {
  return (input) => {
    const { value, grads } = tf.variableGrads(
      () => tf.matMul(input, weights).square().mean().asScalar(),
      [weights],
    );
    const gradient = grads[weights.name];
    assert.ok(gradient);
    momentum.assign(momentum.mul(0.9).add(gradient.add(weights.mul(5e-4))));
    weights.assign(weights.sub(momentum.mul(0.1)));
    return [value, weights.sum()];
  };
}

function valueOf(v: tf.Variable): { dtype: 'float32'; shape: number[]; data: Float32Array } {
  return { dtype: 'float32', shape: v.shape, data: Float32Array.from(v.dataSync()) };
}

describe('WebGPU: variables and results stay on the GPU', () => {
  before(skipWithoutWebGpu);

  const owned: tf.Variable[] = [];
  const variable = (data = initial.data.slice()): tf.Variable => {
    const v = tf.variable(tf.tensor(data, [3, 4]));
    owned.push(v);
    return v;
  };
  afterEach(() => {
    for (const v of owned.splice(0)) v.dispose();
  });

  it('until synchronize brings them back, as TF.js computes them', async () => {
    const device = await deviceWith('webgpu');
    const [a, b, c, d] = [variable(), variable(), variable(), variable()];
    const compiled = device.compile('sgd', sgd(a, b));
    const reference = eager.compile('sgd', sgd(c, d));
    for (let i = 0; i < 4; i++) assertClose(await compiled.run(x), await reference.run(x), `run ${i}`);
    assert.deepEqual(a.dataSync(), initial.data, 'the host has the old value before synchronize');
    await device.synchronize();
    assert.ok(relativeError(valueOf(a), valueOf(c)) < 1e-5);
    assert.ok(relativeError(valueOf(b), valueOf(d)) < 1e-5);
    // Twice changes nothing, and the next run goes on from the GPU's values.
    await device.synchronize();
    assertClose(await compiled.run(x), await reference.run(x), 'after synchronize');
    await compiled.dispose();
  });
});
