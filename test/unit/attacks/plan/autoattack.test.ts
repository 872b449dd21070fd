import assert from 'node:assert/strict';
import { memoryImages } from '../../../../src/core/data/memory-images';
import type { AttackPlan } from '../../../../src/core/attacks/plan/attack-plan';
import { attackWarnings } from '../../../../src/core/attacks/evaluation/attack-warnings';
import type { AttackOutcome, Evaluation } from '../../../../src/core/attacks/evaluation/evaluation';
import { Evaluator } from '../../../../src/core/attacks/evaluation/evaluator';
import { readPredictions } from '../../../../src/core/attacks/base/predictions';
import { layersModelVictim } from '../../../../src/core/attacks/base/victim';
import { openDevice } from '../../../../src/core/engine/devices/devices';
import { tinyImages, tinyNetwork } from '../tiny-network';
import { planned } from '../named';
import { attacks as list } from '../../../../src/core/attacks';

const plan = (...requests: object[]): AttackPlan => planned(requests);

describe('AutoAttack', () => {
  it('is the attacks of the reference, in its order, with its parameters', () => {
    const members = (request: object) =>
      plan({ name: 'autoattack', ...request }).attacks.map(({ parameters }) => parameters);
    const standard = members({});
    assert.deepEqual(
      standard.map(({ name }) => name),
      ['apgd-ce', 'apgd-t', 'fab-t', 'square'],
    );
    for (const attack of standard) {
      assert.ok('norm' in attack && 'epsilon' in attack);
      assert.deepEqual([attack.norm, attack.epsilon], ['linf', 8 / 255]);
      if ('steps' in attack) assert.equal(attack.steps, 100);
      if ('targets' in attack) assert.equal(attack.targets, 9);
      if ('restarts' in attack) assert.equal(attack.restarts, 1);
      if ('queries' in attack) assert.equal(attack.queries, 5000);
    }
    const plus = members({ version: 'plus', norm: 'l2', epsilon: 1 });
    assert.deepEqual(
      plus.map((attack) => [attack.name, 'restarts' in attack && attack.restarts]),
      [
        ['apgd-ce', 5],
        ['apgd-dlr', 5],
        ['fab', 5],
        ['square', 1],
        ['apgd-t', 1],
        ['fab-t', 1],
      ],
    );
    for (const norm of ['linf', 'l2', 'l1']) {
      // As in the reference: nine targets in every norm, and FAB looks at every class.
      const targets = members({ version: 'plus', norm }).map(
        (attack) => 'targets' in attack && attack.targets,
      );
      assert.deepEqual(targets.filter(Boolean), [9, 9], norm);
    }
    assert.ok(plus.some((attack) => attack.name === 'fab' && Number(attack.candidates) >= 1000));
    const random = members({ version: 'rand' });
    assert.deepEqual(
      random.map((attack) => [attack.name, 'eotSamples' in attack && attack.eotSamples]),
      [
        ['apgd-ce', 20],
        ['apgd-dlr', 20],
      ],
    );
    const [first, second] = members({ norm: 'l1' });
    assert.ok(first && second && 'restarts' in first && 'targets' in second);
    assert.deepEqual([first.restarts, second.targets], [5, 5]);
    for (const version of ['standard', 'plus', 'rand'])
      for (const norm of ['linf', 'l2', 'l1'])
        assert.deepEqual(plan({ name: 'autoattack', version, norm }).groups[0]?.missing, []);
  });

  it('is one ensemble beside attacks that stand alone', () => {
    const { attacks, groups } = plan({ name: 'fgsm' }, { name: 'autoattack', version: 'rand' });
    assert.deepEqual(
      attacks.map(({ group }) => group),
      [0, 1, 1],
    );
    assert.deepEqual(
      groups.map(({ title, ensemble }) => [title, ensemble]),
      [
        ['fgsm linf 8/255', false],
        ['autoattack rand linf 8/255', true],
      ],
    );
  });

  it('breaks at least what PGD breaks, by examples within the budget, one attack after the other', async function () {
    this.timeout(60_000);
    const device = await openDevice('onnx-cpu', { threads: 1 });
    const model = tinyNetwork(5);
    try {
      const victim = layersModelVictim(device, model, 'eval');
      const { images } = tinyImages(12, 5);
      const [logits] = await device.compile('logits', (x) => [victim.logits(x)]).run(images);
      assert.ok(logits);
      const labels = Int32Array.from(readPredictions(logits, new Int32Array(12)), ({ label }) => label);
      const size = { height: 6, width: 6, channels: 3 };
      const set = memoryImages({ split: 'test', images: images.data, labels, count: 12, ...size });
      const run = async ({ attacks }: AttackPlan): Promise<Evaluation> => {
        const evaluator = new Evaluator(victim, attacks, 12, {
          groups: attacks.map(({ group }) => group),
          smaller: [4],
        });
        try {
          const options = {
            set,
            indices: labels.map((_, n) => n),
            seed: 0,
            signal: new AbortController().signal,
          };
          return await evaluator.evaluate(options);
        } finally {
          await evaluator.dispose();
        }
      };
      const epsilon = 0.03;
      const whole = await run(plan({ name: 'autoattack', epsilon }));
      const alone = await run(plan({ name: 'pgd', epsilon, stepSize: epsilon / 4, steps: 20 }));
      assert.ok(whole.robustAccuracy <= alone.robustAccuracy);
      assert.ok(whole.robustAccuracy < 1 && whole.robustAccuracy > 0, `robust: ${whole.robustAccuracy}`);
      for (const { images: outcomes } of whole.attacks) {
        assert.equal(outcomes.length, 12);
        for (const { norm, broken } of outcomes) assert.ok(!broken || norm <= epsilon + 1e-6);
      }
      const accuracies = whole.attacks.map(({ robustAccuracy }) => robustAccuracy);
      assert.deepEqual(
        accuracies,
        [...accuracies].sort((a, b) => b - a),
      );
    } finally {
      model.dispose();
      await device.dispose();
    }
  });

  it('checks itself: randomness, masked gradients, few classes, missing attacks', () => {
    const { attacks, groups } = plan({ name: 'autoattack' });
    const outcomes = (accuracies: number[]): AttackOutcome[] =>
      attacks.map((attack, n) => ({
        ...attack,
        title: attack.definition.name,
        robustAccuracy: accuracies[n] ?? 0,
        seconds: 1,
        images: [],
        invalid: 0,
      }));
    const evaluation = (accuracies: number[]): Evaluation => ({
      count: 1000,
      loss: 1,
      cleanAccuracy: 0.9,
      robustAccuracy: Math.min(...accuracies),
      clean: [],
      attacks: outcomes(accuracies),
    });
    const check = { zeroGradients: 0, checked: 64, probabilities: false, randomness: 1e-6 };
    const sound = evaluation([0.5, 0.45, 0.45, 0.449]);
    assert.deepEqual(attackWarnings(sound, { classes: 10, check, list, groups }), []);
    const one = (warnings: string[]): string => {
      assert.equal(warnings.length, 1, warnings.join('\n'));
      return warnings[0] ?? '';
    };
    const masked = evaluation([0.5, 0.45, 0.45, 0.4]);
    assert.match(
      one(attackWarnings(masked, { classes: 10, check, list, groups })),
      /Square.*5\.0 points.*masked gradients/,
    );
    const random = { ...check, randomness: 0.01 };
    assert.match(
      one(attackWarnings(sound, { classes: 10, check: random, groups })),
      /output is random.*AutoAttack rand/,
    );
    assert.match(one(attackWarnings(sound, { classes: 2, check, list, groups })), /2 classes, too few/);
    const missing = groups.map((group) => ({ ...group, missing: ['square'] }));
    assert.match(
      one(attackWarnings(sound, { classes: 10, check, groups: missing })),
      /not the whole.*square/,
    );
    const notes = [['it used another loss']];
    assert.match(
      one(attackWarnings(sound, { classes: 10, check, groups, notes })),
      /apgd-ce: it used another loss/,
    );
  });
});
