import assert from 'node:assert/strict';
import { attacks } from '../../../../src/core/attacks';
import { isBlackBox, singleAttacks } from '../../../../src/core/attacks/plan/attack-list';
import type { Device } from '../../../../src/core/engine/devices/device';
import { openDevice } from '../../../../src/core/engine/devices/devices';
import { openCase, type CaseNetwork } from '../case-networks';

/** Images that every attack is tried on. */
const COUNT = 16;
/** Budgets within which every attack breaks some, and what makes the slow ones short. */
const options: Readonly<Record<string, object>> = {
  'fgsm-rs': { stepSize: 0.15, restarts: 3 },
  'apgd-ce': { steps: 20 },
  'apgd-dlr': { steps: 20 },
  'apgd-t': { steps: 20, targets: 2 },
  deepfool: { norm: 'linf' },
  fab: { steps: 10 },
  'fab-t': { steps: 10, targets: 2 },
  cw: { epsilon: 1.5, steps: 100, searches: 3, initialConstant: 1, stepSize: 0.05 },
  ead: { epsilon: 4, steps: 40, searches: 3, initialConstant: 1 },
  jsma: { epsilon: 8, gamma: 0.15 },
};

/** All there are, so that a new one is tried as well. */
const gradientAttacks = singleAttacks(attacks)
  .filter((definition) => !isBlackBox(definition))
  .map(({ name }) => name);

describe('networks whose gradient is not finite at 0', () => {
  let device: Device;
  const networks = new Map<string, CaseNetwork>();
  const network = (name: string): CaseNetwork => {
    const found = networks.get(name);
    assert.ok(found);
    return found;
  };
  before(async () => {
    device = await openDevice('onnx-cpu', { threads: 1 });
    for (const name of ['digits', 'gamma', 'sqrtsq_in']) networks.set(name, await openCase(device, name));
  });
  after(async () => {
    for (const one of networks.values()) one.dispose();
    await device.dispose();
  });

  for (const name of gradientAttacks) {
    it(`are attacked by ${name} as well as the network without that`, async () => {
      const parameters = { epsilon: 0.15, ...options[name], name };
      const robust: Record<string, number> = {};
      for (const of of networks.keys()) {
        const { images, robustAccuracy, invalid } = await network(of).attack(parameters, { count: COUNT });
        assert.equal(invalid, 0, of);
        assert.ok(
          images.every(({ norm, loss }) => norm < 100 && !Number.isNaN(loss)),
          `${of}: no example is spoiled`,
        );
        robust[of] = Math.round(robustAccuracy * COUNT);
      }
      const { digits = 0, gamma = NaN, sqrtsq_in: roots = NaN } = robust;
      assert.ok(digits < COUNT - 1, `it breaks some of the sound network: ${digits} are left`);
      // The same function, up to rounding; and one that is easier to fool.
      assert.ok(Math.abs(roots - digits) <= 1, `${roots}, not ${digits}, are left`);
      assert.ok(gamma <= digits, `${gamma}, more than ${digits}, are left`);
    });
  }

  it('lose as much in L2 as Square and repaired gradients find, from inside or not', async () => {
    const gamma = network('gamma');
    const outcomes = [];
    for (const gradientInside of [true, false]) {
      for (const parameters of [{ name: 'pgd' }, { name: 'apgd-ce', steps: 30 }]) {
        const request = { ...parameters, norm: 'l2', epsilon: 0.5 };
        outcomes.push((await gamma.attack(request, { gradientInside })).robustAccuracy);
      }
    }
    assert.ok(
      outcomes.every((robust) => robust <= 0.25),
      outcomes.join(),
    );
  });

  it('lose under PGD in L-inf what the same function without roots loses', async () => {
    const pgd = { name: 'pgd', epsilon: 0.1, stepSize: 0.025 };
    const roots = network('sqrtsq_in');
    const sound = (await network('digits').attack(pgd)).robustAccuracy;
    assert.ok(sound > 0.58 && sound < 0.63, `${sound}`);
    const inside = (await roots.attack(pgd)).robustAccuracy;
    assert.ok(Math.abs(inside - sound) <= 1 / 64, `${inside}`);
    const zeroed = (await roots.attack(pgd, { gradientInside: false })).robustAccuracy;
    assert.ok(zeroed < 0.75, `${zeroed}`);
  });
});
