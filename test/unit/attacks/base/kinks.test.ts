import assert from 'node:assert/strict';
import { deviceWith } from '../../engine/engine-fixture';
import { openCase } from '../case-networks';

describe('attacks on networks with a kink at pixels of 0', () => {
  it('tie_abs.onnx: |x| has slope 0 there, so that FGSM leaves the border alone', async () => {
    const network = await openCase(await deviceWith('blocked'), 'tie_abs');
    // PyTorch's FGSM: 51 of 64. With slope -1 at 0, as TF.js has it, 56.
    const { robustAccuracy } = await network.attack({ name: 'fgsm', epsilon: 0.1 });
    assert.equal(Math.round(64 * robustAccuracy), 51);
    network.dispose();
  });
});
