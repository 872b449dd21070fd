import assert from 'node:assert/strict';
import * as z from 'zod';
import { readPredictions } from '../../../../src/core/attacks/base/predictions';
import { scoreModelOf } from '../../../../src/core/attacks/base/score-model';
import type { Victim } from '../../../../src/core/attacks/base/victim';
import { followedLoss } from '../../../../src/core/attacks/gradient/followed-loss';
import { lossParameter } from '../../../../src/core/attacks/gradient/loss-parameter';
import { PgdSteps } from '../../../../src/core/attacks/gradient/pgd-steps';
import { oneHot } from '../../../../src/core/data/batch';
import { readArray } from '../../../../src/core/engine/arrays/device-array';
import type { NdArray } from '../../../../src/core/engine/arrays/nd-array';
import type { Device } from '../../../../src/core/engine/devices/device';
import { attackTitle } from '../../../../src/core/attacks/plan/attack-title';
import vectors from '../../../reference/cw_pgd.json';
import { contextOf } from '../context';
import { testDevices } from '../devices';
import { linearVictim } from '../linear-victim';
import { bound, named } from '../named';
import { assertClose, classes, images, labels, referenceVictim, stored } from './reference-network';

const { cases } = z
  .object({
    cases: z.array(
      z.object({
        loss: lossParameter.loss.unwrap(),
        targeted: z.boolean(),
        norm: z.enum(['linf', 'l2']),
        epsilon: z.number(),
        stepSize: z.number(),
        steps: z.int(),
        momentum: z.number(),
        start: stored.optional(),
        adversarial: stored,
        predictions: z.array(z.int()),
        flat: z.array(z.boolean()),
      }),
    ),
  })
  .parse(vectors);
type Case = (typeof cases)[number];
const targetClasses = labels.map((label) => (label + 1) % classes);

for (const { name, open } of testDevices) {
  describe(`PGD on margins (${name}) agrees with PyTorch, image by image`, () => {
    let device: Device;
    let victim: Victim;
    before(async () => {
      device = await open();
      victim = referenceVictim(device);
    });
    after(() => device.dispose());

    for (const one of cases) {
      const { loss, targeted, norm, epsilon, steps, momentum, start, adversarial, predictions, flat } = one;
      const title = `${loss}${targeted ? ', targeted' : ''}, ${norm} ${epsilon.toFixed(3)}, ${steps} steps, momentum ${momentum}`;
      it(`${title}${start ? ', from a random start' : ''}`, async () => {
        const found = await (start ? stepsFrom(one, start) : attackOf(one));
        const scores = scoreModelOf(victim);
        const answers = readPredictions(await scores.logits(found), labels).map(({ label }) => label);
        const size = found.data.length / labels.length;
        for (const [n, isFlat] of flat.entries()) {
          const image = (of: NdArray<'float32'>): Float32Array => of.data.subarray(n * size, (n + 1) * size);
          if (isFlat)
            assert.notEqual(answers[n], labels[n], 'rounding decides where it ends, once it is fooled');
          else {
            assertClose(image(found), image(adversarial), 2e-5);
            assert.equal(answers[n], predictions[n]);
          }
        }
        assert.ok(flat.filter((isFlat) => !isFlat).length >= 3, 'enough images to compare');
        await scores.dispose();
      });
    }

    /** As `pgd` does from the start that it draws. */
    async function stepsFrom(
      { loss, targeted, ...parameters }: Case,
      start: NdArray<'float32'>,
    ): Promise<NdArray<'float32'>> {
      const { objective, falls, targetsOf } = followedLoss(loss, targeted, classes);
      const search = new PgdSteps(victim, { ...parameters, targeted: falls }, { objective });
      const targets = targetsOf(oneHot(labels, classes), oneHot(targetClasses, classes));
      const found = await search.run({ images, start, targets }, new AbortController().signal);
      const read = await found.read();
      await search.dispose();
      return read;
    }

    /** From the images themselves: the attacks that start there. */
    async function attackOf({ momentum, epsilon, stepSize, steps, loss, targeted }: Case) {
      const own = momentum > 0 ? { name: 'mi-fgsm', decay: momentum } : { name: 'bim' };
      const attack = await bound(victim, { ...own, epsilon, stepSize, steps, loss, targeted });
      const batch = { images, labels, ...(targeted && { targetClasses }) };
      const found = await readArray(await attack.perturb(batch, contextOf(labels.length)));
      await attack.dispose();
      return found;
    }

    it('draws the start of pgd whatever the loss is', async () => {
      const starts = ['cross-entropy', 'cw', 'dlr'].map(async (loss) => {
        const attack = await bound(victim, { name: 'pgd', steps: 1, stepSize: 1e-6, loss });
        const found = await readArray(await attack.perturb({ images, labels }, contextOf(labels.length)));
        await attack.dispose();
        return found.data;
      });
      const [entropy, margin, ratio] = await Promise.all(starts);
      assert.ok(entropy && margin && ratio);
      assertClose(margin, entropy, 3e-6);
      assertClose(ratio, entropy, 3e-6);
      assert.notDeepEqual(margin, entropy);
    });

    it('takes the margin where there are too few classes for the DLR loss, and says so', async () => {
      const { victim: two } = linearVictim(device, 2, [7, 5, 2]);
      const notes = {
        pgd: await bound(two, { name: 'pgd', loss: 'dlr' }),
        cw: await bound(two, { name: 'pgd', loss: 'cw' }),
      };
      assert.match(notes.pgd.notes?.join() ?? '', /dlr loss needs 3 classes and the network has 2: .*margin/);
      assert.equal(notes.cw.notes, undefined);
      await notes.pgd.dispose();
      await notes.cw.dispose();
    });
  });
}

describe('the title of an attack', () => {
  it('says another loss before its name', () => {
    const titles = [
      { name: 'pgd', loss: 'cw' },
      { name: 'pgd', loss: 'dlr', steps: 50, restarts: 5 },
      { name: 'bim', loss: 'cw', targeted: true },
      { name: 'mi-fgsm', loss: 'dlr' },
      { name: 'pgd', loss: 'cross-entropy' },
      { name: 'nes', loss: 'cross-entropy' },
    ].map((parameters) => attackTitle(named(parameters)));
    assert.deepEqual(titles, [
      'CW-PGD-20 linf 8/255',
      'DLR-PGD-50 linf 8/255, 5 restarts',
      'CW-BIM-10 linf 8/255, targeted',
      'DLR-MI-FGSM linf 8/255',
      'pgd-20 linf 8/255',
      'nes linf 8/255, loss cross-entropy',
    ]);
  });
});
