import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { planAttacks, requestedAttack, type AttackPlan } from '../../../src/core/attacks/plan/attack-plan';
import { blackBoxNames } from '../../../src/core/attacks/plan/attack-list';
import { attackCatalog, attackGroups } from '../../../src/extension/attack/attack-catalog';
import {
  curveProblem,
  hasCurve,
  parseEpsilons,
  problemOf,
  requestOf,
  shownValue,
  typedValue,
  withValue,
  type AttackDraft,
} from '../../../src/extension/attack/attack-draft';
import {
  attackPresets,
  presetIds,
  presetsFor,
  type AttackPreset,
} from '../../../src/core/attacks/plan/attack-presets';
import { attacks as list } from '../../../src/core/attacks';

describe('attack presets', () => {
  const planOf = ({ attacks, epsilons }: AttackPreset): AttackPlan =>
    planAttacks(list, attacks, { epsilons });

  it('are those that key bindings can name, and each is a plan', () => {
    const titles = attackPresets.map((preset) => [
      preset.id,
      ...planOf(preset).groups.flatMap((group) => (group.epsilons ? [] : [group.title])),
    ]);
    assert.deepEqual(titles, [
      ['quick-look', 'fgsm linf 8/255', 'pgd-20 linf 8/255'],
      ['cw-pgd-20', 'CW-PGD-20 linf 8/255'],
      ['robustbench', 'autoattack standard linf 8/255'],
      ['autoattack-l2', 'autoattack standard l2 0.5'],
      ['minimal-norm', 'deepfool l2', 'fab l2'],
      ['black-box', 'square linf 8/255', 'hopskipjump l2, 20 steps'],
    ]);
    const page = readFileSync('docs/attacks.md', 'utf8');
    const [, named = ''] = /key bindings: `preset` \(([^)]*)\)/.exec(page) ?? [];
    assert.deepEqual(
      [...named.matchAll(/`([\w-]+)`/g)].map(([, id]) => id),
      presetIds,
    );
  });

  it('take the steps and the budgets of a curve that their words name', () => {
    const [quick, ...others] = attackPresets.map(planOf);
    assert.ok(quick);
    const pgd = quick.attacks.flatMap(({ parameters }) => (parameters.name === 'pgd' ? [parameters] : []));
    assert.deepEqual(
      pgd.map(({ epsilon = NaN, stepSize = NaN }) => [255 * epsilon, 255 * stepSize]),
      [8, 2, 4, 16].map((budget) => [budget, budget / 4]),
    );
    assert.ok(others.every(({ groups }) => groups.every(({ epsilons }) => epsilons === undefined)));
  });

  it('without gradients are those of forward passes alone', () => {
    assert.deepEqual(
      presetsFor(list, false).map(({ id }) => id),
      ['black-box'],
    );
    assert.equal(presetsFor(list, true).length, 6);
  });
});

describe('the list of attacks', () => {
  const catalog = attackCatalog(list);

  it('holds every attack that can be asked for, with a line each, and every group', () => {
    const names = catalog.map(({ name }) => name);
    assert.equal(new Set(names).size, names.length);
    for (const name of names) assert.ok(requestedAttack(list).safeParse({ name }).success, name);
    assert.ok(names.length >= 22, names.join(', '));
    for (const { name, line } of catalog) assert.match(line, /^[A-Z].{20,}\.$/, name);
    assert.deepEqual([...new Set(catalog.map(({ group }) => group))].sort(), [...attackGroups].sort());
    for (const entry of catalog) {
      assert.equal(
        entry.group.endsWith('forward passes only'),
        blackBoxNames(list).includes(entry.name),
        entry.name,
      );
    }
  });

  it('holds the parameters of each, with the values that there are', () => {
    const pgd = catalog.find(({ name }) => name === 'pgd');
    assert.ok(pgd);
    assert.deepEqual(pgd.fields.map(({ key }) => key).slice(0, 4), ['norm', 'epsilon', 'stepSize', 'steps']);
    const choices = new Map(pgd.fields.map(({ key, choices: values }) => [key, values]));
    assert.deepEqual(choices.get('norm'), ['linf', 'l2', 'l1']);
    assert.deepEqual(choices.get('randomStart'), [true, false]);
    assert.equal(choices.get('steps'), undefined);
    const target = pgd.fields.find(({ key }) => key === 'target');
    assert.deepEqual(target?.choices, ['next', 'second', 'least-likely', 'random']);
    assert.ok(target.open && !choices.has('targeted'));
    const draft: AttackDraft = { name: 'pgd', values: {} };
    assert.equal(shownValue(list, draft, 'target'), 'none');
    for (const [text, shown] of [
      ['3', '3'],
      ['label+2', 'label+2'],
      ['', 'none'],
    ] as const) {
      const changed = withValue(draft, 'target', typedValue(target, text));
      assert.equal(problemOf(list, changed), undefined);
      assert.equal(shownValue(list, changed, 'target'), shown);
    }
    assert.match(problemOf(list, withValue(draft, 'target', 'foo')) ?? '', /next, second, least-likely/);
    for (const name of ['deepfool', 'spatial', 'autoattack'])
      assert.ok(catalog.find((entry) => entry.name === name)?.fields.every(({ key }) => key !== 'target'));
  });

  it('shows a value for every parameter of every attack, and takes each of its choices or says why not', () => {
    const refused: string[] = [];
    for (const { name, fields } of catalog) {
      const draft: AttackDraft = { name, values: {} };
      assert.equal(problemOf(list, draft), undefined, name);
      for (const { key, choices = [] } of fields) {
        assert.notEqual(shownValue(list, draft, key), '', `${name} ${key}`);
        for (const choice of choices) {
          const changed = withValue(draft, key, choice);
          assert.equal(shownValue(list, changed, key), String(choice), `${name} ${key}`);
          const problem = problemOf(list, changed);
          if (problem !== undefined) refused.push(`${name} ${key} ${choice}: ${problem}`);
        }
      }
    }
    assert.deepEqual(refused, []);
  });
});

describe('an attack that is put together', () => {
  const catalog = attackCatalog(list);
  const pgd: AttackDraft = { name: 'pgd', values: {} };
  const epsilon = catalog.find(({ name }) => name === 'pgd')?.fields.find(({ key }) => key === 'epsilon');
  assert.ok(epsilon);

  it('shows the defaults that depend on other parameters', () => {
    assert.equal(shownValue(list, pgd, 'epsilon'), '8/255');
    const l2 = withValue(pgd, 'norm', 'l2');
    assert.equal(shownValue(list, l2, 'epsilon'), '0.5');
    assert.equal(shownValue(list, l2, 'stepSize'), '0.0625');
    assert.equal(shownValue(list, { name: 'autoattack', values: { norm: 'l1' } }, 'epsilon'), '12');
    assert.equal(shownValue(list, { name: 'deepfool', values: {} }, 'epsilon'), 'any');
  });

  it('takes numbers and fractions, and empty text for the default', () => {
    assert.equal(typedValue(epsilon, ' 4 / 255 '), '4/255');
    assert.equal(typedValue(epsilon, '0.1'), 0.1);
    assert.equal(typedValue(epsilon, ''), undefined);
    const four = withValue(pgd, 'epsilon', '4/255');
    assert.deepEqual(requestOf(list, four), { ...requestOf(list, pgd), epsilon: 4 / 255 });
    assert.deepEqual(withValue(four, 'epsilon', undefined), pgd);
  });

  it('says what is wrong, in the words of the attack’s own schema', () => {
    assert.match(
      problemOf(list, withValue(pgd, 'epsilon', 'much')) ?? '',
      /epsilon must be a non-negative number/,
    );
    assert.match(problemOf(list, withValue(pgd, 'epsilon', 2)) ?? '', /epsilon .*between 0 and 1/);
    assert.match(problemOf(list, withValue(pgd, 'epsilon', 0)) ?? '', /is 0: no perturbation is allowed/);
    assert.match(problemOf(list, withValue(pgd, 'steps', 0.5)) ?? '', /steps must be a whole number/);
    assert.match(problemOf(list, withValue(pgd, 'steps', -1)) ?? '', /steps must be at least 1/);
    assert.equal(problemOf(list, withValue(withValue(pgd, 'norm', 'l2'), 'epsilon', 2)), undefined);
  });

  it('has a curve where an epsilon bounds it', () => {
    assert.ok(hasCurve(list, [{ name: 'pgd' }]));
    assert.ok(hasCurve(list, [{ name: 'autoattack' }, { name: 'cw' }]));
    assert.ok(!hasCurve(list, [{ name: 'cw' }, { name: 'hopskipjump' }]));
    assert.deepEqual(parseEpsilons('8 / 255, 2/255;0.1 2/255'), { epsilons: [2 / 255, 8 / 255, 0.1] });
    assert.deepEqual(parseEpsilons('  '), { epsilons: [] });
    assert.match(JSON.stringify(parseEpsilons('8/255, x')), /\\"x\\" is no number/);
    assert.match(curveProblem(list, [{ name: 'pgd' }], [2]) ?? '', /2/);
    assert.equal(curveProblem(list, [{ name: 'pgd' }], [0.1]), undefined);
  });
});
