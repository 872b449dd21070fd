import assert from 'node:assert/strict';
import { attackWarnings } from '../../../../src/core/attacks/evaluation/attack-warnings';
import { attackTitle } from '../../../../src/core/attacks/plan/attack-title';
import { stepWarnings } from '../../../../src/core/attacks/plan/step-warnings';
import { M2atError } from '../../../../src/core/errors';
import { openDevice } from '../../../../src/core/engine/devices/devices';
import { parseExperiment } from '../../../../src/core/experiment/parse-experiment';
import { methods } from '../../../../src/core/methods';
import { oneOf } from '../../../../src/core/named-schema';
import { resolveExperiment } from '../../../../src/core/experiment/resolve-experiment';
import { experimentStepWarnings } from '../../../../src/core/experiment/step-problems';
import { openCase } from '../case-networks';
import { named, planned, requested } from '../named';
import { attacks } from '../../../../src/core/attacks';

const stepOf = (parameters: object): number => {
  const { stepSize = NaN } = named(parameters).parameters;
  return stepSize;
};

describe('a step size that is not given', () => {
  /** What each attack takes at its usual budget. */
  const usual = [
    [{ name: 'pgd', norm: 'linf' }, 8 / 255, 2 / 255],
    [{ name: 'pgd', norm: 'l2' }, 0.5, 0.0625],
    [{ name: 'pgd', norm: 'l1' }, 12, 1.5],
    [{ name: 'fgsm-rs' }, 8 / 255, 10 / 255],
    [{ name: 'bim' }, 8 / 255, 2 / 255],
    [{ name: 'mi-fgsm' }, 8 / 255, 2 / 255],
    [{ name: 'simba', norm: 'l2' }, 0.5, 0.2],
    [{ name: 'simba', norm: 'linf' }, 8 / 255, 8 / 255],
    [{ name: 'nes', norm: 'linf' }, 8 / 255, 0.01],
    [{ name: 'nes', norm: 'l2' }, 0.5, 0.1],
    [{ name: 'spsa', norm: 'linf' }, 8 / 255, 0.01],
    [{ name: 'spsa', norm: 'l2' }, 0.5, 0.01],
  ] as const;

  it('is the share of epsilon that it is at the usual budget, in every norm', () => {
    for (const [attack, epsilon, step] of usual) {
      assert.equal(stepOf(attack), step, `${JSON.stringify(attack)} states its usual step to the bit`);
      for (const factor of [0.25, 3, 10]) {
        const scaled = stepOf({ ...attack, epsilon: factor * epsilon });
        assert.ok(Math.abs(scaled / (factor * step) - 1) < 1e-12, `${JSON.stringify(attack)}: ${scaled}`);
      }
      assert.equal(stepOf({ ...attack, epsilon: 2 * epsilon, stepSize: 0.015 }), 0.015);
    }
    assert.equal(stepOf({ name: 'fgsm-rs', epsilon: 0.9 }), 1, 'pixels have no more room');
    assert.equal(attackTitle(named({ name: 'bim', epsilon: 0.3 })), 'bim-10 linf 0.3');
  });

  it('covers every attack that has one within a ball', () => {
    const names = new Set<string>(usual.map(([{ name }]) => name));
    for (const { name, parameters } of attacks) {
      // The steps of C&W and EAD belong to their optimisation, which knows no ball.
      const own = name === 'cw' || name === 'ead';
      assert.equal('stepSize' in parameters.shape, names.has(name) || own);
    }
  });

  it('follows epsilon in training, too', () => {
    for (const name of ['pgd-at', 'm2at']) {
      const method = (changes: object) => {
        const parameters = oneOf(methods).parse({ name, ...changes });
        return 'stepSize' in parameters ? parameters.stepSize : NaN;
      };
      assert.equal(method({}), 2 / 255);
      assert.equal(method({ epsilon: '16/255' }), 4 / 255);
      assert.equal(method({ epsilon: '16/255', stepSize: '1/255' }), 1 / 255);
    }
  });

  it('reaches the ball of 0.3: nothing of a network without defence is left', async () => {
    const device = await openDevice('onnx-cpu', { threads: 1 });
    const digits = await openCase(device, 'digits');
    for (const name of ['bim', 'mi-fgsm', 'pgd']) {
      assert.equal((await digits.attack({ name, epsilon: 0.3 })).robustAccuracy, 0, name);
    }
    digits.dispose();
    await device.dispose();
  });
});

describe('a step of 0', () => {
  it('is refused by every attack that steps within a ball', () => {
    for (const name of ['pgd', 'bim', 'mi-fgsm', 'fgsm-rs', 'nes', 'simba']) {
      assert.throws(
        () => planned([{ name, stepSize: 0 }]),
        (error) =>
          error instanceof M2atError &&
          error.code === 'bad-input' &&
          error.message.includes(`attack ${name}: step size: is 0: with a step of 0 an attack moves nothing`),
      );
    }
    assert.throws(() => requested({ name: 'spsa', stepSize: 0 }));
    // Records of older runs can be read.
    assert.equal(stepOf({ name: 'pgd', stepSize: 0 }), 0);
  });

  it('is a problem of an experiment', () => {
    const { problems } = parseExperiment(
      JSON.stringify({
        dataset: { name: 'cifar10' },
        model: { name: 'small-cnn' },
        method: { name: 'm2at', stepSize: 0 },
        evaluation: { final: { count: 10, attacks: [{ name: 'fgsm' }, { name: 'bim', stepSize: 0 }] } },
      }),
    );
    assert.deepEqual(
      problems?.map(({ field }) => field),
      ['method.stepSize', 'evaluation.final.attacks[1].stepSize'],
    );
    assert.match(problems[0]?.message ?? '', /^must be more than 0: with a step of 0 .*; got 0$/);
  });
});

describe('steps that do not reach epsilon', () => {
  const short = { name: 'pgd', epsilon: 0.3, stepSize: '2/255', steps: 20 };

  it('are warned of, with what to do', () => {
    assert.deepEqual(stepWarnings([named(short)]), [
      "pgd-20 linf 0.3, step 2/255: 20 steps of 2/255 can't reach epsilon, 0.3. What lies further out is not tried, so the " +
        'robust accuracy may be too high. Take more or larger steps; without a step size it follows epsilon.',
    ]);
    assert.match(
      stepWarnings([named({ name: 'fgsm-rs', stepSize: '2/255' })])[0] ?? '',
      /: one step of 2\/255 can't/,
    );
    const enough = [
      { ...short, steps: 40 },
      { name: 'bim', epsilon: '8/255', stepSize: '2/255', steps: 4 },
      { name: 'bim', epsilon: 0.3 },
      { name: 'fgsm' },
      { name: 'cw', epsilon: 50 },
      { name: 'spsa', norm: 'l2', epsilon: 5, stepSize: 0.01, steps: 10 },
    ];
    assert.deepEqual(stepWarnings(enough.map(named)), []);
  });

  it('are in the report before the attack has begun, once for a curve', () => {
    const plan = planned([short], { epsilons: [0.1, 0.2] });
    const warnings = attackWarnings(
      { count: 64, loss: 0.1, cleanAccuracy: 0.9, robustAccuracy: 0.9, clean: [], attacks: [] },
      {
        classes: 10,
        check: { zeroGradients: 0, checked: 64, probabilities: false, randomness: 0 },
        groups: plan.groups,
        planned: plan.attacks,
      },
    );
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? '', /can't reach epsilon, 0\.3\./);
  });

  it('are said of an experiment, of its method and its evaluation', () => {
    const { runs } = parseExperiment(
      JSON.stringify({
        dataset: { name: 'cifar10' },
        model: { name: 'small-cnn' },
        method: { name: 'pgd-at', steps: 1, stepSize: '2/255' },
        evaluation: { final: { count: 10, attacks: [short] } },
      }),
    );
    const [run] = runs ?? [];
    assert.ok(run);
    const warnings = experimentStepWarnings(resolveExperiment(run.experiment), attacks);
    assert.match(warnings[0] ?? '', /^The attack of the method pgd-at: one step of 2\/255 can't reach/);
    assert.equal(warnings.length, 2);
  });
});
