import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  attackNames,
  parameterSetting,
  readIndices,
  requestedAttacks,
} from '../../../src/cli/commands/attack-flags';
import { presetEpsilons, presetList } from '../../../src/cli/commands/preset-flag';
import { wholeNumber } from '../../../src/cli/commands/common';
import { M2atError } from '../../../src/core/errors';
import { attacks } from '../../../src/core/attacks';

describe('flags of m2at attack', () => {
  const refused = (run: () => unknown, message: RegExp): void => {
    assert.throws(
      run,
      (error) => error instanceof M2atError && error.code === 'bad-input' && message.test(error.message),
    );
  };

  it('give each attack the parameters that it has', () => {
    const [fgsm, pgd] = requestedAttacks(attacks, { attack: ['fgsm', 'pgd'], eps: '4/255', steps: 7 });
    assert.ok(fgsm && pgd);
    assert.deepEqual(fgsm, { name: 'fgsm', epsilon: 4 / 255, targeted: false });
    assert.ok(pgd.name === 'pgd');
    assert.deepEqual([pgd.epsilon, pgd.steps], [4 / 255, 7]);
    const set = parameterSetting('rescaleSchedule=true', parameterSetting('queries=10'));
    const [square] = requestedAttacks(attacks, { attack: attackNames(attacks)('square'), set });
    assert.ok(square?.name === 'square');
    assert.deepEqual([square.queries, square.rescaleSchedule], [10, true]);
    const [auto] = requestedAttacks(attacks, {
      attack: ['autoattack'],
      attackVersion: 'plus',
      norm: 'l2',
      eps: '1',
    });
    assert.deepEqual(auto, { name: 'autoattack', version: 'plus', norm: 'l2', epsilon: 1 });
    const [jsma] = requestedAttacks(attacks, { attack: ['jsma'], eps: '10' });
    assert.ok(jsma?.name === 'jsma');
    assert.equal(jsma.epsilon, 10, 'a count of values');
  });

  it('aim at a class', () => {
    const targets = (target: string): unknown[] =>
      requestedAttacks(attacks, { attack: ['pgd', 'cw'], target }).map((attack) =>
        'target' in attack ? attack.target : undefined,
      );
    for (const rule of ['next', 'second', 'least-likely', 'random', 'label+3'])
      assert.deepEqual(targets(rule), [rule, rule]);
    assert.deepEqual(targets('7'), [7, 7]);
    assert.deepEqual(targets('some/Targets.NPY'), ['file', 'file']);
    refused(() => targets('foo'), /must be next, second, .* or the number of a class; got "foo"/);
    refused(() => targets('label+0'), /got "label\+0"/);
    for (const name of ['deepfool', 'spatial', 'autoattack']) {
      for (const flags of [{ targeted: true }, { target: 'second' }] as const)
        refused(
          () => requestedAttacks(attacks, { attack: ['pgd', name], ...flags }),
          new RegExp(`${name} has no targeted form`),
        );
      assert.equal(requestedAttacks(attacks, { attack: ['pgd', name] }).length, 2);
    }
  });

  it('give no norm to an attack that has none', () => {
    refused(
      () => requestedAttacks(attacks, { attack: ['spatial'], norm: 'linf' }),
      /spatial.*has no norm, so not linf|no.*norm/,
    );
    assert.equal(requestedAttacks(attacks, { attack: ['spatial'] }).length, 1);
  });

  it('say a parameter once', () => {
    refused(
      () => requestedAttacks(attacks, { norm: 'linf', set: { norm: 'l2' } }),
      /norm is given by a flag of its own and by --set/,
    );
    refused(
      () => requestedAttacks(attacks, { eps: '8/255', set: { epsilon: 0.5 } }),
      /epsilon is given by a flag/,
    );
    const [pgd] = requestedAttacks(attacks, { attack: ['pgd'], eps: '8/255', set: { steps: 5 } });
    assert.ok(pgd?.name === 'pgd');
    assert.equal(pgd.steps, 5);
  });

  it('take whole numbers that a report can hold', () => {
    assert.equal(wholeNumber(0)('9007199254740991'), 2 ** 53 - 1);
    for (const text of ['99999999999999999999', '1.5', '-1', '', 'x']) {
      assert.throws(() => wholeNumber(0)(text), /whole number/, text);
    }
  });

  it('are FGSM and PGD without names, and only PGD in another norm than linf', () => {
    const names = (flags: object): string[] => requestedAttacks(attacks, flags).map(({ name }) => name);
    assert.deepEqual(names({}), ['fgsm', 'pgd']);
    assert.deepEqual(names({ norm: 'linf' }), ['fgsm', 'pgd']);
    assert.deepEqual(names({ norm: 'l2' }), ['pgd']);
  });

  it('name presets, whose attacks come first and keep their own parameters', () => {
    const preset = presetList('quick-look, CW-PGD-20');
    assert.deepEqual(requestedAttacks(attacks, { preset }), [
      ...requestedAttacks(attacks, { attack: ['fgsm'], eps: '8/255' }),
      ...requestedAttacks(attacks, { attack: ['pgd'], eps: '8/255', stepSize: '2/255', steps: 20 }),
      ...requestedAttacks(attacks, {
        attack: ['pgd'],
        eps: '8/255',
        stepSize: '2/255',
        steps: 20,
        set: { loss: 'cw' },
      }),
    ]);
    assert.deepEqual(presetEpsilons(preset), [2 / 255, 4 / 255, 16 / 255]);
    assert.equal(presetEpsilons(presetList('cw-pgd-20')), undefined);
    const both = requestedAttacks(attacks, { preset: presetList('cw-pgd-20'), attack: ['bim'], steps: 3 });
    assert.deepEqual(
      both.map(({ name, steps }) => [name, steps]),
      [
        ['pgd', 20],
        ['bim', 3],
      ],
    );
    refused(
      () => requestedAttacks(attacks, { preset, eps: '4/255' }),
      /epsilon is given, and a preset states/,
    );
    refused(() => requestedAttacks(attacks, { preset, set: { loss: 'dlr' } }), /loss is given, and a preset/);
    assert.throws(
      () => presetList('cw-pgd'),
      /"cw-pgd" is none of: quick-look, cw-pgd-20, .*Did you mean cw-pgd-20\?/,
    );
  });

  it('that make no sense are refused', () => {
    refused(
      () => requestedAttacks(attacks, { attack: ['fgsm'], norm: 'l2' }),
      /attack fgsm: has the norm linf, not l2/,
    );
    refused(
      () => requestedAttacks(attacks, { attack: ['fgsm'], steps: 3 }),
      /none of fgsm has the parameter steps/,
    );
    refused(() => requestedAttacks(attacks, { attack: ['pgd'], set: { stepz: 3 } }), /Did you mean steps\?/);
    refused(() => requestedAttacks(attacks, { attack: ['pgd'], eps: '1/0' }), /epsilon must be/);
    refused(() => requestedAttacks(attacks, { attack: ['pgd'], eps: '8' }), /epsilon .*between 0 and 1/);
    refused(() => requestedAttacks(attacks, { attack: ['pgd'], set: { name: 'fgsm' } }), /name/);
    assert.throws(() => attackNames(attacks)('pgd,sorcery'), /"sorcery" is none of: .*autoattack.*pgd/);
    assert.throws(() => attackNames(attacks)('auto-atack'), /Did you mean autoattack\?/);
    assert.throws(() => parameterSetting('queries'), /queries=1000/);
  });

  it('name a list of images', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'm2at-indices-'));
    try {
      const file = path.join(folder, 'list.json');
      await writeFile(file, '[3, 1]');
      assert.deepEqual(await readIndices(file), [3, 1]);
      for (const [text, message] of [
        ['[1, -2]', /list\.json: 1 must be at least 0; got -2/],
        ['{"a": 1}', /must be a list/],
        ['[1, 2', /is no JSON/],
      ] as const) {
        await writeFile(file, text);
        await assert.rejects(
          readIndices(file),
          (error) => error instanceof M2atError && message.test(error.message),
        );
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
