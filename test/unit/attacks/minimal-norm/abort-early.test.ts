import assert from 'node:assert/strict';
import { openDevice } from '../../../../src/core/engine/devices/devices';
import { openCase } from '../case-networks';

describe('the early abort of C&W and EAD', () => {
  it('costs no image any of its norm', async () => {
    const device = await openDevice('onnx-cpu', { threads: 1 });
    const digits = await openCase(device, 'digits');
    for (const attack of [{ name: 'cw' }, { name: 'ead', rule: 'en' }, { name: 'ead', rule: 'l1' }]) {
      const [aborted, whole] = await Promise.all(
        [true, false].map(async (abortEarly) => {
          const parameters = { ...attack, abortEarly, steps: 100, searches: 3, initialConstant: 0.1 };
          const { images } = await digits.attack(parameters, { count: 8 });
          return images.map(({ norm }) => norm);
        }),
      );
      assert.ok(whole?.some((norm) => norm > 0));
      for (const [n, norm] of (aborted ?? []).entries()) {
        assert.ok(norm <= (whole?.[n] ?? NaN) * 1.0001, `${JSON.stringify(attack)}, image ${n}: ${norm}`);
      }
    }
    digits.dispose();
    await device.dispose();
  });
});
