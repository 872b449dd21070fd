import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { EagerDevice } from '../../../../src/core/engine/devices/eager-device';
import { float32 } from '../../../../src/core/engine/arrays/nd-array';
import { traceBackend } from '../../../../src/core/engine/tracing/trace-backend';
import { TrainStep } from '../../../../src/core/training/train-step';
import { smallModel } from '../../models/support';
import { assertClose, deviceWith, noise } from '../engine-fixture';

const open = (): EagerDevice => new EagerDevice('tfjs-cpu', 'cpu', 'reference');

describe('EagerDevice', () => {
  it('leaves the backend as it was, also when a program throws and while results are read', async () => {
    traceBackend();
    await tf.setBackend('m2at-trace');
    try {
      const device = open();
      const program = device.compile('throws', () => {
        assert.equal(tf.getBackend(), 'cpu');
        throw new RangeError('thrown inside');
      });
      await assert.rejects(program.run(noise([2])), /thrown inside/);
      assert.equal(tf.getBackend(), 'm2at-trace');
      const double = device.compile('double', (x) => [x.mul(2)]);
      const running = Promise.all([double.run(noise([2])), double.run(noise([3]))]);
      await Promise.resolve();
      assert.equal(tf.getBackend(), 'm2at-trace');
      await running;
      assert.equal(tf.getBackend(), 'm2at-trace');
    } finally {
      await tf.setBackend('cpu');
    }
  });

  it('leaves variables and inputs that a program returns to their owners, and leaks no tensor', async () => {
    const device = open();
    const variable = tf.variable(tf.tensor1d([1, 2, 3]));
    const program = device.compile('returns', (x) => {
      const y = x.add(1);
      variable.assign(variable.add(x));
      return [x, variable, y, y];
    });
    const before = tf.memory().numTensors;
    const input = float32(Float32Array.of(1, 1, 1), [3]);
    for (let i = 0; i < 3; i++) {
      const [x, v, y, again] = await program.run(input);
      assert.deepEqual(x?.data, input.data);
      assert.notEqual(x.data, input.data, 'a result is no view of an input');
      assert.deepEqual(v?.data, Float32Array.of(2 + i, 3 + i, 4 + i));
      assert.deepEqual(y?.data, again?.data);
      v.data.fill(0);
    }
    assert.equal(tf.memory().numTensors, before);
    assert.deepEqual(variable.dataSync(), Float32Array.of(4, 5, 6));
    variable.dispose();
  });

  it('keeps results as inputs of the next program, until they are released', async () => {
    const device = open();
    const program = device.compile('double', (x) => {
      const y = x.mul(2);
      // What a program does to its input must not reach the result that it came from.
      x.dispose();
      return [y];
    });
    const before = tf.memory().numTensors;
    const [first] = await program.runOnDevice(noise([2, 2]));
    assert.ok(first);
    const [second] = await program.runOnDevice(first);
    assert.ok(second);
    assert.deepEqual(
      (await second.read()).data,
      noise([2, 2]).data.map((value) => value * 4),
    );
    assert.deepEqual([second.dtype, second.shape], ['float32', [2, 2]]);
    first.release();
    second.release();
    second.release();
    assert.equal(tf.memory().numTensors, before);
    await assert.rejects(program.run(first), /after its release/);
  });

  it('trains as the compiled device does, with programs that were started together in order', async () => {
    const images = float32(
      noise([4, 8, 8, 3]).data.map((value) => (value + 1) / 2),
      [4, 8, 8, 3],
    );
    const labels = Int32Array.of(0, 1, 2, 0);
    const targets = float32(new Float32Array(40), [4, 10]);
    labels.forEach((label, i) => (targets.data[i * 10 + label] = 1));
    const results = [];
    for (const device of [open(), await deviceWith('portable')]) {
      const model = smallModel('preact-resnet');
      const step = new TrainStep(device, model, { momentum: 0.9, nesterov: false, weightDecay: 5e-4 });
      const before = tf.memory().numTensors;
      const rows = await Promise.all([1, 2, 3].map(() => step.run([images, targets], labels, 0.1)));
      assert.equal(tf.memory().numTensors, before);
      const values = [...model.weights.map((weight) => weight.read()), ...step.optimizer.state].map(
        (tensor) => float32(Float32Array.from(tensor.dataSync()), tensor.shape),
      );
      results.push([
        float32(
          Float32Array.from(rows, ({ loss }) => loss),
          [3],
        ),
        ...values,
      ]);
      await step.dispose();
      model.dispose();
    }
    const [eager = [], compiled = []] = results;
    assertClose(compiled, eager, 'losses, weights, statistics and momentum');
  });
});
