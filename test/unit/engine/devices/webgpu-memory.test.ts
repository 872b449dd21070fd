import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import type { Program } from '../../../../src/core/engine/tracing/program';
import { assertClose, deviceWith, eager, noise, relativeError, skipWithoutWebGpu } from '../engine-fixture';

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

  it('and a value that the host assigned goes there, also one that it took before', async () => {
    const device = await deviceWith('webgpu');
    const [a, m] = [variable(), variable()];
    const train = device.compile('train', sgd(a, m));
    const read = device.compile('read', () => [a.mul(2)]);
    const twice = (data: ArrayLike<number>): Float32Array => Float32Array.from(data, (value) => value * 2);
    await train.run(x);
    const ones = tf.ones([3, 4]);
    a.assign(ones);
    ones.dispose();
    assert.deepEqual((await read.run())[0]?.data, twice(new Float32Array(12).fill(1)));
    // A checkpoint in memory: the tensor shares the variable's storage until the variable is assigned.
    const snapshot = a.clone();
    await train.run(x);
    assert.notDeepEqual((await read.run())[0]?.data, twice(snapshot.dataSync()));
    a.assign(snapshot);
    assert.deepEqual((await read.run())[0]?.data, twice(snapshot.dataSync()));
    await device.synchronize();
    assert.deepEqual(a.dataSync(), snapshot.dataSync(), 'the older value of the GPU does not come back');
    snapshot.dispose();
    await train.dispose();
    await read.dispose();
  });

  it('and a program of the CPU sees and changes them between two of the GPU', async () => {
    const [gpu, cpu] = [await deviceWith('webgpu'), await deviceWith('portable')];
    const counter = variable(new Float32Array(12));
    const add =
      (amount: number): Program =>
      () => {
        counter.assign(counter.add(amount));
        return [];
      };
    const [onGpu, onCpu] = [gpu.compile('gpu', add(1)), cpu.compile('cpu', add(10))];
    for (let round = 0; round < 2; round++) {
      await onGpu.run();
      await gpu.synchronize();
      // Twice, so that the host is back at the buffer that the GPU has seen.
      await onCpu.run();
      await onCpu.run();
    }
    await onGpu.run();
    await gpu.synchronize();
    assert.deepEqual(counter.dataSync(), new Float32Array(12).fill(43));
    await onGpu.dispose();
    await onCpu.dispose();
  });

  it('as inputs of the next program, until they are released', async () => {
    const device = await deviceWith('webgpu');
    const double = device.compile('double', (value) => [value.mul(2), value.greater(0)]);
    const input = noise([2, 3], 5);
    const [first, positive] = await double.runOnDevice(input);
    assert.ok(first && positive);
    assert.deepEqual([first.dtype, first.shape, positive.dtype], ['float32', [2, 3], 'bool']);
    const [second] = await double.runOnDevice(first);
    assert.ok(second);
    const times = (factor: number): Float32Array => input.data.map((value) => value * factor);
    assert.deepEqual((await second.read()).data, times(4));
    assert.deepEqual((await first.read()).data, times(2), 'the input is as it was');
    assert.deepEqual(
      (await positive.read()).data,
      Uint8Array.from(input.data, (value) => (value > 0 ? 1 : 0)),
    );
    first.release();
    first.release();
    assert.throws(() => first.read(), /after its release/);
    await assert.rejects(double.run(first), /after its release/);
    // The released buffer is used again, and what others hold is not.
    const [third] = await double.runOnDevice(noise([2, 3], 6));
    assert.ok(third);
    assert.deepEqual((await second.read()).data, times(4));
    for (const array of [second, third, positive]) array.release();
    const elsewhere = (await deviceWith('portable')).compile('elsewhere', (value) => [value.add(1)]);
    const [fourth] = await double.runOnDevice(input);
    assert.ok(fourth);
    const [sum] = await elsewhere.run(fourth);
    assert.deepEqual(
      sum?.data,
      times(2).map((value) => value + 1),
      'another device reads it',
    );
    fourth.release();
    await double.dispose();
    await elsewhere.dispose();
  });

  it('and a failed run leaves them as they were', async () => {
    const device = await deviceWith('webgpu');
    const a = variable();
    const gone = variable();
    const program = device.compile('uses-gone', () => {
      a.assign(a.add(gone));
      return [a.sum()];
    });
    await program.run();
    gone.dispose();
    await assert.rejects(program.run(), /disposed variable/);
    await device.synchronize();
    const once = Float32Array.from(initial.data, (value) => Math.fround(value + value));
    assert.deepEqual(a.dataSync(), once);
    await program.dispose();
  });
});
