import assert from 'node:assert/strict';
import type { Device } from '../../../../src/core/engine/devices/device';
import { openDevice } from '../../../../src/core/engine/devices/devices';
import { openCase, type CaseNetwork } from '../case-networks';

describe('pgd in L1 on images with black and white pixels', () => {
  let device: Device;
  let network: CaseNetwork;
  before(async () => {
    device = await openDevice('onnx-cpu', { threads: 1 });
    network = await openCase(device, 'digcnn', { images: 'digcnn-x.npy', labels: 'digcnn-y.npy' });
  });
  after(async () => {
    network.dispose();
    await device.dispose();
  });

  it('leaves none of 63 images, as foolbox does', async () => {
    const pgd = { name: 'pgd', norm: 'l1', epsilon: 4, randomStart: false };
    const { images, robustAccuracy } = await network.attack(pgd, { count: 64 });
    assert.equal(images.filter(({ cleanPrediction, label }) => cleanPrediction === label).length, 63);
    assert.equal(robustAccuracy, 0);
  });

  it('leaves none from random starts, which waste a part of the first steps', async () => {
    const pgd = { name: 'pgd', norm: 'l1', epsilon: 4, restarts: 3 };
    assert.equal((await network.attack(pgd, { count: 64 })).robustAccuracy, 0);
  });

  it('aims at a class as well', async () => {
    const pgd = { name: 'pgd', norm: 'l1', epsilon: 8, targeted: true };
    const { images } = await network.attack(pgd, { count: 64 });
    const reached = images.filter(({ broken }) => broken).length;
    assert.ok(reached > 50, `${reached}`);
  });
});
