import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { deviceNames, type Device } from '../../../../src/core/engine/devices/device';
import { listDevices, openDevice } from '../../../../src/core/engine/devices/devices';
import { OnnxCpuDevice } from '../../../../src/core/engine/devices/onnx-cpu-device';
import { RecentMap } from '../../../../src/core/engine/sessions/recent-map';
import { M2atError, messageOf } from '../../../../src/core/errors';
import { noise } from '../engine-fixture';

describe('devices', () => {
  it('lists every device once, says why one is missing, and onnx-cpu is there', async () => {
    const states = await listDevices();
    assert.deepEqual(
      states.map(({ name }) => name),
      [...deviceNames],
    );
    for (const { name, detail } of states) assert.ok(detail.length > 10, name);
    assert.match(states.find(({ name }) => name === 'onnx-cpu')?.detail ?? '', /ONNX Runtime 1\..*CPU/);
    assert.equal(states.find(({ name }) => name === 'onnx-cpu')?.available, true);
  });

  it('opens what is available; the rest is refused, or replaced by the CPU, with the reason of the list', async () => {
    for (const { name, available, detail } of await listDevices()) {
      let device: Device;
      try {
        device = await openDevice(name, { threads: 1 });
      } catch (error) {
        assert.ok(!available && error instanceof M2atError, messageOf(error));
        assert.equal(error.code, 'device');
        assert.ok(error.message.includes(detail));
        continue;
      }
      if (available) {
        assert.equal(device.name, name);
        assert.equal(device.details.insteadOf, undefined);
      } else {
        assert.equal(device.name, 'onnx-cpu');
        assert.deepEqual(device.details.insteadOf, { name, reason: detail });
      }
      await device.dispose();
    }
  });

  it('auto is one of the list that works, and its details say why', async () => {
    const taken = (await listDevices()).filter(({ automatic }) => automatic);
    assert.equal(taken.length, 1);
    const device = await openDevice('auto', { threads: 1 });
    assert.equal(device.name, taken[0]?.name);
    assert.ok(taken[0]?.available && taken[0].detail.includes(device.details.chosen ?? 'no reason'));
    await device.dispose();
  });
});

describe('compiled programs', () => {
  it('are traced once a shape, and again only when the shape was dropped', async () => {
    const device = await OnnxCpuDevice.open({ threads: 1, signatures: 2 });
    let traced = 0;
    const program = device.compile('sum', (x) => {
      traced++;
      return [x.sum()];
    });
    const run = (size: number) => program.run(noise([size]));
    for (const size of [3, 4, 3, 4]) await run(size);
    assert.equal(traced, 2);
    await run(5); // drops 3
    await run(4);
    assert.equal(traced, 3);
    await run(3);
    assert.equal(traced, 4);
    await device.dispose();
  });

  it('take turns when they are started together', async () => {
    const device = await OnnxCpuDevice.open({ threads: 1 });
    const counter = tf.variable(tf.scalar(0));
    const increment = device.compile('increment', () => {
      counter.assign(counter.add(1));
      return [counter.mul(1)];
    });
    const results = await Promise.all(Array.from({ length: 5 }, () => increment.run()));
    assert.deepEqual(
      results.map((outputs) => outputs[0]?.data[0]),
      [1, 2, 3, 4, 5],
    );
    await device.dispose();
    counter.dispose();
  });

  it('return outputs that later runs do not overwrite', async () => {
    const device = await OnnxCpuDevice.open({ threads: 1 });
    const program = device.compile('double', (x) => [x.mul(2), x, x]);
    const [first, copy, again] = await program.run(noise([8], 1));
    const kept = first?.data.slice();
    await program.run(noise([8], 2));
    assert.deepEqual(first?.data, kept);
    assert.deepEqual(copy?.data, noise([8], 1).data);
    assert.deepEqual(again?.data, noise([8], 1).data);
    await device.dispose();
  });
});

describe('RecentMap', () => {
  it('forgets what was least recently read', () => {
    const made: string[] = [];
    const map = new RecentMap<string, string>(2);
    const get = (key: string): string =>
      map.get(key, () => {
        made.push(key);
        return key.toUpperCase();
      });
    assert.deepEqual(['a', 'b', 'a', 'c', 'a', 'b'].map(get), ['A', 'B', 'A', 'C', 'A', 'B']);
    assert.deepEqual(made, ['a', 'b', 'c', 'b']);
    assert.equal(map.size, 2);
  });
});
