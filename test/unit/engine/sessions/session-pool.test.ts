import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { OnnxCpuDevice } from '../../../../src/core/engine/devices/onnx-cpu-device';
import { clearPool, poolStatistics } from '../../../../src/core/engine/devices/onnx-device';
import { SessionPool } from '../../../../src/core/engine/sessions/session-pool';
import { TrainStep } from '../../../../src/core/training/train-step';
import { smallModel } from '../../models/support';
import { float32 } from '../../../../src/core/engine/arrays/nd-array';
import { assertClose, noise } from '../engine-fixture';

/** What a session is to the pool, with a log of what happens to it. */
class Recorded {
  released = false;

  constructor(
    readonly name: string,
    private readonly log: string[],
  ) {}

  use(): void {
    assert.ok(!this.released, `${this.name} is used after its release`);
  }

  release(): Promise<void> {
    this.released = true;
    this.log.push(this.name);
    return Promise.resolve();
  }
}

function recorded(capacity: number) {
  const released: string[] = [];
  const pool = new SessionPool<Recorded>(capacity);
  const run = (name: string, during: () => Promise<void> = () => Promise.resolve()): Promise<void> =>
    pool.use(
      name,
      () => Promise.resolve(new Recorded(name, released)),
      async (session) => {
        await during();
        session.use();
      },
    );
  return { pool, run, released };
}

describe('SessionPool', () => {
  it('releases the least recently used one when it is full', async () => {
    const { pool, run, released } = recorded(2);
    for (const name of ['a', 'b', 'a', 'c']) await run(name);
    assert.deepEqual(released, ['b']);
    assert.deepEqual(pool.statistics(), { sessions: 2, inUse: 0, created: 3, reused: 1, released: 1 });
    await pool.clear();
    assert.deepEqual(released.sort(), ['a', 'b', 'c']);
  });

  it('releases what is idle before one is built that would not fit beside it', async () => {
    const { pool, released } = recorded(16);
    pool.maxBytes = 100;
    const held: string[][] = [];
    const run = (name: string, bytes: number): Promise<void> =>
      pool.use(
        name,
        () => {
          held.push([...released]);
          return Promise.resolve(new Recorded(name, released));
        },
        () => Promise.resolve(),
        () => bytes,
      );
    for (const [name, bytes] of [
      ['a', 40],
      ['b', 50],
      ['a', 40],
      ['c', 45],
      ['d', 500],
      ['e', 10],
    ] as const)
      await run(name, bytes);
    // c takes the place of b, which a was used after; d is larger than all there is, and built all the same.
    assert.deepEqual(held, [[], [], ['b'], ['b', 'a', 'c'], ['b', 'a', 'c', 'd']]);
  });

  it('never releases one that is in use, even over its capacity', async () => {
    const { pool, run, released } = recorded(1);
    await run('a', async () => {
      await run('b', async () => {
        await run('c');
        await pool.clear();
        assert.equal(pool.statistics().inUse, 2);
      });
    });
    assert.deepEqual(released.slice(0, 2), ['c', 'b']);
    assert.deepEqual(pool.statistics(), { sessions: 1, inUse: 0, created: 3, reused: 0, released: 2 });
  });

  it('builds one for all who ask at the same time, and forgets one that could not be built', async () => {
    const { pool, run } = recorded(2);
    await Promise.all([run('a'), run('a'), run('a')]);
    assert.equal(pool.statistics().created, 1);
    const fails = (): Promise<Recorded> => Promise.reject(new Error('refused'));
    await assert.rejects(
      pool.use('b', fails, () => Promise.resolve()),
      /refused/,
    );
    await run('b');
    assert.equal(pool.statistics().sessions, 2);
  });
});

describe('compiled graphs', () => {
  const images = float32(
    noise([4, 8, 8, 3]).data.map((value) => (value + 1) / 2),
    [4, 8, 8, 3],
  );
  const labels = Int32Array.of(0, 1, 2, 0);
  const targets = float32(new Float32Array(40), [4, 10]);
  labels.forEach((label, i) => (targets.data[i * 10 + label] = 1));

  /** Two steps of a new network with the same seed on a new device. */
  async function train(): Promise<number[]> {
    const device = await OnnxCpuDevice.open({ threads: 1 });
    const model = smallModel('preact-resnet');
    const step = new TrainStep(device, model, { momentum: 0.9, nesterov: false, weightDecay: 5e-4 });
    const losses = [];
    for (let i = 0; i < 2; i++) losses.push((await step.run([images, targets], labels, 0.1)).loss);
    await step.dispose();
    await device.dispose();
    model.dispose();
    return losses;
  }

  it('are reused by the next run of the process, on a model and a device of their own', async () => {
    await clearPool();
    const before = poolStatistics();
    const first = await train();
    const between = poolStatistics();
    assert.equal(between.created - before.created, 1);
    const second = await train();
    const after = poolStatistics();
    assert.equal(after.created, between.created, 'no session was built for the second run');
    assert.equal(after.reused - between.reused, 2);
    assert.deepEqual(second, first, 'the second run has weights of its own');
    assert.notEqual(first[0], first[1]);
  });

  it('are shared by programs that compute the same, each with its own variables', async () => {
    await clearPool();
    const device = await OnnxCpuDevice.open({ threads: 1 });
    const [a, b] = [tf.variable(tf.scalar(1)), tf.variable(tf.scalar(10))];
    const counter = (name: string, variable: tf.Variable) =>
      device.compile(name, (x) => {
        variable.assign(variable.add(x));
        return [variable.mul(2)];
      });
    const [first, second] = [counter('first', a), counter('second', b)];
    const before = poolStatistics();
    const x = { dtype: 'float32', shape: [], data: Float32Array.of(1) } as const;
    const results = await Promise.all([first.run(x), second.run(x), first.run(x)]);
    assert.deepEqual(
      results.map(([y]) => y?.data[0]),
      [4, 22, 6],
    );
    const after = poolStatistics();
    assert.equal(after.created - before.created, 1);
    assert.equal(after.sessions, 1);
    assertClose([{ ...x, data: Float32Array.from(a.dataSync()) }], [{ ...x, data: Float32Array.of(3) }], 'a');
    await first.dispose();
    await second.dispose();
    assert.equal(poolStatistics().sessions, 1, 'a disposed program leaves its session to others');
    await device.dispose();
    a.dispose();
    b.dispose();
  });

  it('of different options or constants are not shared', async () => {
    await clearPool();
    const [one, two] = [await OnnxCpuDevice.open({ threads: 1 }), await OnnxCpuDevice.open({ threads: 2 })];
    const before = poolStatistics().created;
    const x = noise([3]);
    for (const device of [one, two])
      for (const factor of [2, 3]) {
        const program = device.compile('times', (value) => [value.mul(factor)]);
        const [y] = await program.run(x);
        assert.deepEqual(
          y?.data,
          x.data.map((value) => value * factor),
        );
        await program.dispose();
      }
    assert.equal(poolStatistics().created - before, 4);
    await one.dispose();
    await two.dispose();
  });

  it('of more signatures than the pool holds are built again, with the right values', async () => {
    await clearPool();
    const device = await OnnxCpuDevice.open({ threads: 1, signatures: 100 });
    const program = device.compile('sum', (x) => [x.mul(2)]);
    const before = poolStatistics();
    const sizes = Array.from({ length: 20 }, (_, i) => i + 1);
    for (const size of [...sizes, 1, 20]) {
      const x = noise([size]);
      assert.deepEqual(
        (await program.run(x))[0]?.data,
        x.data.map((value) => value * 2),
      );
    }
    const after = poolStatistics();
    assert.equal(after.sessions, 16);
    assert.equal(after.created - before.created, 21);
    assert.equal(after.released - before.released, 5);
    await device.dispose();
  });
});
