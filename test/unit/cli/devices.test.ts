import assert from 'node:assert/strict';
import { deviceList } from '../../../src/cli/commands/devices';
import { wrap } from '../../../src/cli/wrap';
import type { DeviceState } from '../../../src/core/engine/devices/device';
import { deviceNames } from '../../../src/core/engine/devices/device';
import { listDevices } from '../../../src/core/engine/devices/devices';

describe('m2at devices', () => {
  const devices: DeviceState[] = [
    { name: 'onnx-cpu', available: true, automatic: true, detail: 'ONNX Runtime, 2 threads' },
    { name: 'onnx-cuda', available: false, detail: `its library is missing: ${'put it there '.repeat(10)}` },
  ];

  it('breaks long reasons at the width of a terminal, beside the names', () => {
    const lines = deviceList(devices, 60).split('\n');
    assert.ok(lines.every((line) => line.length <= 60));
    assert.equal(lines[0], '✓ onnx-cpu   ONNX Runtime, 2 threads');
    assert.ok(lines[1]?.startsWith('✗ onnx-cuda  its library'));
    assert.match(lines[2] ?? '', /^ {13}\S/);
  });

  it('is a device a line in a file, and where a terminal is too narrow', () => {
    for (const width of [Infinity, 0, 20]) {
      const lines = deviceList(devices, width).split('\n');
      assert.match(
        lines[1] ?? '',
        /^✗ onnx-cuda {2}its library is missing: (put it there ){9}put it there ?$/,
      );
    }
  });

  it('wraps at spaces, and leaves what has none', () => {
    assert.equal(wrap('one two three', 9, 2), 'one two\n  three');
    assert.equal(wrap('extraordinarily so', 8, 0), 'extraordinarily\nso');
    assert.equal(wrap('', 10, 2), '');
  });

  it('lists every route, of which auto takes one that is available', async () => {
    const listed = await listDevices();
    assert.deepEqual(
      listed.map(({ name }) => name),
      [...deviceNames],
    );
    assert.ok(listed.every(({ detail }) => detail.length > 0));
    const taken = listed.filter(({ automatic }) => automatic);
    assert.equal(taken.length, 1);
    assert.ok(taken[0]?.available);
    assert.match(taken[0].detail, /auto takes it/);
  });
});
