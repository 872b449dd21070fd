import assert from 'node:assert/strict';
import type { DeviceRecord } from '../../../src/core/records/run-files';
import { deviceText } from '../../../webview/dashboard/device-text';

const cpu: DeviceRecord = {
  description: 'ONNX Runtime 1.30.0, CPU provider, 2 threads, NCHWc8',
  provider: 'CPUExecutionProvider',
  threads: 2,
  layout: 'NCHWc8',
  versions: { 'onnxruntime-node': '1.30.0' },
  fallbacks: [],
};

describe('webview: the device of a run', () => {
  it('is described in one line, with the rest as its detail', () => {
    const shown = deviceText(cpu);
    assert.equal(shown?.text, cpu.description);
    assert.equal(
      shown.detail,
      'Provider: CPUExecutionProvider\nThreads: 2\nLayout of images: NCHWc8\nonnxruntime-node 1.30.0',
    );
    assert.deepEqual(shown.warnings, []);
    assert.equal(deviceText(undefined), undefined);
  });

  it('names the adapter once', () => {
    const gpu = { ...cpu, description: 'ONNX Runtime 1.30.0, WebGPU', adapter: 'A Card' };
    assert.equal(deviceText(gpu)?.text, 'ONNX Runtime 1.30.0, WebGPU, A Card');
    const named = { ...gpu, description: 'WebGPU on A Card' };
    assert.equal(deviceText(named)?.text, 'WebGPU on A Card');
    const detail = deviceText({ ...named, chosen: 'no other GPU' })?.detail ?? '';
    assert.match(detail, /Adapter: A Card\n(.*\n)*Chosen by auto: no other GPU/);
  });

  it('warns of nodes that fell back, and of another device than was asked for', () => {
    const shown = deviceText({
      ...cpu,
      provider: 'WebGpuExecutionProvider',
      insteadOf: { name: 'onnx-cuda', reason: 'its library is missing' },
      fallbacks: [
        { program: 'pgd-steps', op: 'Sign', provider: 'CPUExecutionProvider', nodes: ['a', 'b'] },
        { program: 'train-step', op: 'Pad', provider: 'CPUExecutionProvider', nodes: ['c'] },
      ],
    });
    assert.deepEqual(shown?.warnings, [
      { text: 'instead of onnx-cuda', detail: 'onnx-cuda was asked for: its library is missing' },
      {
        text: '3 nodes not on the device',
        detail:
          'These do not run on WebGpuExecutionProvider:\n' +
          'pgd-steps: 2 Sign on CPUExecutionProvider\ntrain-step: 1 Pad on CPUExecutionProvider',
      },
    ]);
  });
});
