import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import type { Program } from '../../../../src/core/engine/tracing/program';
import { M2atError } from '../../../../src/core/errors';
import { inScope } from '../../../../src/core/engine/graph/scope';
import { assertClose, deviceWith, eager, noise, relativeError, runOn } from '../engine-fixture';

const initial = noise([3, 4], 3);

function variable(name?: string): tf.Variable {
  return tf.variable(tf.tensor(initial.data.slice(), [3, 4]), true, name);
}

function valueOf(v: tf.Variable): { dtype: 'float32'; shape: number[]; data: Float32Array } {
  return { dtype: 'float32', shape: v.shape, data: Float32Array.from(v.dataSync()) };
}

/** SGD with momentum and weight decay on a linear map. */
function sgd(weights: tf.Variable, momentum: tf.Variable): Program {
  return (x) => {
    const { value, grads } = tf.variableGrads(
      () => tf.matMul(x, weights).square().mean().asScalar(),
      [weights],
    );
    const gradient = grads[weights.name];
    assert.ok(gradient);
    momentum.assign(momentum.mul(0.9).add(gradient.add(weights.mul(5e-4))));
    weights.assign(weights.sub(momentum.mul(0.1)));
    return [value, weights.sum()];
  };
}

describe('variables of compiled programs', () => {
  const x = noise([5, 3], 8);
  const owned: tf.Variable[] = [];
  const own = (v: tf.Variable): tf.Variable => {
    owned.push(v);
    return v;
  };
  afterEach(() => {
    for (const v of owned.splice(0)) v.dispose();
  });

  it('are read and assigned over several runs as TF.js does it', async () => {
    const [a, b, c, d] = [own(variable()), own(variable()), own(variable()), own(variable())];
    const compiled = (await deviceWith('blocked')).compile('sgd', sgd(a, b));
    const reference = eager.compile('sgd', sgd(c, d));
    for (let i = 0; i < 5; i++) {
      assertClose(await compiled.run(x), await reference.run(x), `run ${i}`);
      assert.ok(relativeError(valueOf(a), valueOf(c)) < 1e-5);
      assert.ok(relativeError(valueOf(b), valueOf(d)) < 1e-5);
    }
    await compiled.dispose();
  });

  it('keep what was assigned between runs, and are shared by programs', async () => {
    const device = await deviceWith('blocked');
    const [a, m] = [own(variable()), own(variable())];
    const train = device.compile('train', sgd(a, m));
    const read = device.compile('read', () => [a.mul(2)]);
    await train.run(x);
    const [doubled] = await read.run();
    assert.ok(
      doubled && relativeError(doubled, { ...valueOf(a), data: valueOf(a).data.map((v) => v * 2) }) < 1e-6,
    );
    a.assign(tf.ones([3, 4]));
    const [two] = await read.run();
    assert.deepEqual([...(two?.data ?? [])], Array<number>(12).fill(2));
    await train.dispose();
    await read.dispose();
  });

  it('leave clones of an earlier value alone', async () => {
    const [a, m] = [own(variable()), own(variable())];
    const train = (await deviceWith('blocked')).compile('train', sgd(a, m));
    await train.run(x);
    const snapshot = a.clone();
    const expected = Float32Array.from(snapshot.dataSync());
    for (let i = 0; i < 3; i++) await train.run(x);
    assert.deepEqual(snapshot.dataSync(), expected);
    assert.notDeepEqual(a.dataSync(), expected);
    snapshot.dispose();
    await train.dispose();
  });

  it('that start from the same tensor are separate', async () => {
    const a = own(variable());
    const b = own(tf.variable(a));
    const program = (await deviceWith('blocked')).compile('both', () => {
      a.assign(a.add(1));
      b.assign(b.mul(2));
      return [];
    });
    await program.run();
    await program.run();
    initial.data.forEach((value, i) => {
      assert.ok(Math.abs((a.dataSync()[i] ?? NaN) - (value + 2)) < 1e-5);
      assert.ok(Math.abs((b.dataSync()[i] ?? NaN) - value * 4) < 1e-5);
    });
    await program.dispose();
  });

  it('leak no tensors', async () => {
    const [a, m] = [own(variable()), own(variable())];
    const program = (await deviceWith('blocked')).compile('train', sgd(a, m));
    const before = tf.memory().numTensors;
    for (let i = 0; i < 3; i++) await program.run(x);
    assert.equal(tf.memory().numTensors, before);
    await program.dispose();
  });
});

describe('programs that cannot be compiled', () => {
  const expectRefusal = async (program: Program, pattern: RegExp): Promise<M2atError> => {
    const error: unknown = await runOn(await deviceWith('blocked'), 'refused', program, [
      noise([3, 3]),
    ]).catch((reason: unknown) => reason);
    assert.ok(error instanceof M2atError, String(error));
    assert.equal(error.code, 'unsupported');
    assert.match(error.message, pattern);
    return error;
  };

  it('name the op, the program and the layer', async () => {
    const error = await expectRefusal(
      (x) => [inScope('network/fft', () => tf.unique(x).values)],
      /"refused".*Unique/,
    );
    assert.match(
      error.where ?? '',
      /^test\/unit\/engine\/tracing\/variables\.test\.ts:\d+ \(network\/fft\)$/,
    );
  });

  it('that read a value say so', async () => {
    await expectRefusal((x) => [x.mul(x.sum().dataSync()[0] ?? 1)], /reads the value of a tensor/);
    await expectRefusal((x) => [x.mul(x.max().arraySync())], /reads the value of a tensor/);
  });

  it('leave variables and the backend as they were', async () => {
    const a = variable();
    const backend = tf.getBackend();
    await expectRefusal((x) => {
      a.assign(a.mul(3));
      a.assign(a.add(1));
      return [tf.unique(x).values];
    }, /Unique/);
    assert.equal(tf.getBackend(), backend);
    assert.deepEqual([...a.dataSync()], [...initial.data]);
    const [sum] = await runOn(await deviceWith('blocked'), 'after', () => [a.sum()], []);
    assert.ok(Math.abs((sum?.data[0] ?? NaN) - initial.data.reduce((total, v) => total + v, 0)) < 1e-5);
    a.dispose();
  });
});
