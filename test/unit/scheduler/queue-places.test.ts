import assert from 'node:assert/strict';
import { dueJobs, placeOf, type Place } from '../../../src/core/scheduler/queue-places';

describe('whose turn it is in the queue', () => {
  const due = (
    active: readonly string[],
    waiting: readonly string[],
    { runsPerDevice = 1, gpus = 0 }: { runsPerDevice?: number; gpus?: number } = {},
  ): string[] => {
    const placed = (devices: readonly string[]): Place[] => devices.map((device) => placeOf(device, gpus));
    return dueJobs(placed(active), placed(waiting), { runsPerDevice, gpus }).map(
      ({ waiting: n, gpu }) => `${n}${gpu === undefined ? '' : ` on ${gpu}`}`,
    );
  };

  it('is one job a device, in the order in which they wait', () => {
    assert.deepEqual(due([], ['onnx-cpu', 'onnx-cpu']), ['0']);
    assert.deepEqual(due(['onnx-cpu'], ['onnx-cpu']), []);
    assert.deepEqual(due(['onnx-cpu'], ['onnx-cpu', 'onnx-cuda']), ['1 on 0']);
    assert.deepEqual(due(['onnx-cuda:0'], ['onnx-cuda', 'onnx-cpu']), ['1']);
  });

  it('is as many as the setting says', () => {
    assert.deepEqual(due([], ['auto', 'auto', 'auto'], { runsPerDevice: 2 }), ['0', '1']);
    assert.deepEqual(due(['onnx-cpu'], ['onnx-cpu', 'onnx-cpu'], { runsPerDevice: 2 }), ['0']);
  });

  it('takes a device that nobody knows yet for any device', () => {
    assert.deepEqual(due(['onnx-cpu'], ['auto']), []);
    assert.deepEqual(due(['auto'], ['onnx-cuda']), []);
    assert.deepEqual(due(['tensorflow'], ['onnx-cpu']), []);
  });

  it('gives each of several GPUs a run', () => {
    const gpus = 2;
    assert.deepEqual(due([], ['auto', 'auto', 'auto'], { gpus }), ['0 on 0', '1 on 1']);
    assert.deepEqual(due(['onnx-cuda:0'], ['onnx-cuda', 'auto'], { gpus }), ['0 on 1']);
    assert.deepEqual(due(['onnx-cuda'], ['auto'], { gpus }), ['0 on 1']);
    // The CPU is another device.
    assert.deepEqual(due(['onnx-cuda:0', 'onnx-cuda:1'], ['onnx-cpu'], { gpus }), ['0']);
  });

  it('gives one that names a GPU that one, and keeps others from going before it', () => {
    const gpus = 2;
    assert.deepEqual(due(['onnx-cuda:1'], ['onnx-cuda:1', 'onnx-cuda'], { gpus }), ['1 on 0']);
    assert.deepEqual(due(['onnx-cuda:0', 'onnx-cuda:1'], ['onnx-cuda', 'onnx-cpu'], { gpus }), ['1']);
    // Otherwise runs on the CPU would keep the first one waiting for ever.
    assert.deepEqual(due(['onnx-cuda'], ['auto', 'onnx-cpu']), []);
  });
});
