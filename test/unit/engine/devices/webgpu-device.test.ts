import assert from 'node:assert/strict';
import { fastest } from '../../../../src/core/engine/devices/auto-device';
import { openDevice } from '../../../../src/core/engine/devices/devices';
import { assertClose, deviceWith, eager, noise, runOn, skipWithoutWebGpu } from '../engine-fixture';
import { softwareGpu } from '../../../support/browser/software-gpu';
import type * as tf from '@tensorflow/tfjs';

describe('onnx-webgpu on a software GPU', function () {
  this.timeout(60_000);
  before(skipWithoutWebGpu);

  it('is replaced by the CPU, with the reason, unless the adapter is named', async () => {
    const device = await openDevice('onnx-webgpu', { threads: 1, adapter: 'another-adapter' });
    assert.equal(device.name, 'onnx-cpu');
    assert.equal(device.details.insteadOf?.name, 'onnx-webgpu');
    assert.match(device.details.insteadOf.reason, /software.*swiftshader.*M2AT_WEBGPU_ADAPTER/);
    await device.dispose();
  });

  it('opens when it is named, and says what it is', async () => {
    const device = await openDevice('onnx-webgpu', { threads: 1, adapter: softwareGpu });
    assert.equal(device.name, 'onnx-webgpu');
    assert.match(device.description, /WebGPU provider, swiftshader/);
    assert.equal(device.details.provider, 'WebGpuExecutionProvider');
    assert.equal(device.details.adapter, softwareGpu);
    assert.equal(device.details.layout, 'NCHW');
    assert.match(device.details.versions['onnxruntime-node'] ?? '', /^1\./);
    const program = (x: tf.Tensor): tf.Tensor[] => [x.sign(), x.argMax(1), x.argMin(0), x.sum()];
    const x = noise([3, 5]);
    assertClose(
      await runOn(device, 'small', program, [x]),
      await runOn(eager, 'small', program, [x]),
      'small',
    );
    assert.deepEqual(device.fallbacks(), []);
    await device.dispose();
  });

  it('is never taken by auto', async () => {
    const device = await openDevice('auto', { threads: 1, adapter: softwareGpu });
    assert.notEqual(device.name, 'onnx-webgpu');
    await device.dispose();
  });

  it('loses to the CPU where the two are timed, and what fails is left out with its reason', async () => {
    const { name, why } = await fastest(
      { name: 'onnx-cpu', open: () => openDevice('onnx-cpu', { threads: 1 }) },
      [
        { name: 'onnx-webgpu', open: () => openDevice('onnx-webgpu', { threads: 1, adapter: softwareGpu }) },
        { name: 'onnx-dml', open: () => Promise.reject(new Error('it has no driver')) },
      ],
      1,
    );
    assert.equal(name, 'onnx-cpu');
    assert.match(why, /onnx-cpu [\d.e+]+ ms, onnx-webgpu [\d.e+]+ ms, onnx-dml failed: it has no driver/);
  });

  it('lists each node that ran on the CPU, once, under its program', async () => {
    const device = await deviceWith('webgpu');
    const truth = (x: tf.Tensor): tf.Tensor[] => [x.isNaN(), x.relu()];
    const program = device.compile('truth', truth);
    for (let i = 0; i < 2; i++) {
      const x = noise([4], i + 1);
      assertClose(await program.run(x), await runOn(eager, 'truth', truth, [x]), 'truth');
    }
    const found = device.fallbacks().filter((node) => node.program === 'truth');
    const [node, ...rest] = found.filter(({ op }) => op === 'IsNaN');
    assert.ok(node, 'the WebGPU provider has no IsNaN');
    assert.deepEqual(rest, []);
    assert.equal(node.provider, 'CPUExecutionProvider');
    assert.match(node.node, /^t\d+$/);
    assert.ok(!found.some(({ op }) => op === 'Relu'));
    await program.dispose();
  });
});
