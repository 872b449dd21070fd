import assert from 'node:assert/strict';
import * as z from 'zod';
import type { Device } from '../../../../src/core/engine/devices/device';
import { openDevice } from '../../../../src/core/engine/devices/devices';
import vectors from '../../../reference/targeted-peers.json';
import { openCase, type CaseNetwork } from '../case-networks';

const reference = z
  .object({
    /** Images that are classified right. */
    attacked: z.int(),
    cases: z.array(
      z.object({
        parameters: z.looseObject({ name: z.string() }),
        peers: z.record(z.string(), z.object({ reached: z.int(), median: z.number().nullish() })),
      }),
    ),
  })
  .parse(vectors);

/** Random attacks draw other numbers here than there. */
const CLOSE = 1.05;

describe('targeted attacks against other libraries on digits.onnx', () => {
  let device: Device;
  let digits: CaseNetwork;

  before(async () => {
    device = await openDevice('onnx-cpu', { threads: 1 });
    digits = await openCase(device, 'digits');
  });
  after(async () => {
    digits.dispose();
    await device.dispose();
  });

  for (const { parameters, peers } of reference.cases) {
    const title = JSON.stringify(parameters).replace(/["{}]/g, '');
    it(`${title}: reaches as many targets, with perturbations as small`, async () => {
      const { images } = await digits.attack({ ...parameters, target: 'next' });
      const attacked = images.filter(({ label, cleanPrediction }) => label === cleanPrediction);
      assert.equal(attacked.length, reference.attacked);
      for (const { broken, label, target, adversarialPrediction } of attacked) {
        assert.equal(target, (label + 1) % 10);
        assert.equal(broken, adversarialPrediction === target);
      }
      const reached = attacked.filter(({ broken }) => broken).length;
      const norms = attacked.map(({ broken, norm }) => (broken ? norm : Infinity)).sort((a, b) => a - b);
      const median = norms[Math.floor(norms.length / 2)] ?? Infinity;
      for (const [peer, theirs] of Object.entries(peers)) {
        assert.ok(reached >= theirs.reached, `${peer} reaches ${theirs.reached}, not ${reached}`);
        if (theirs.median === undefined) continue;
        assert.ok(median <= CLOSE * (theirs.median ?? Infinity), `${peer}: ${theirs.median}, not ${median}`);
      }
    });
  }
});
