import assert from 'node:assert/strict';
import { attackSummary } from '../../../src/cli/attack-summary';
import { epsilonList } from '../../../src/cli/commands/attack-flags';
import { attackList } from '../../../src/cli/commands/attack-list';
import { attackNamesKnown } from '../../../src/cli/commands/attack-flags';
import { madeReport } from '../../support/attack-run';
import { attacks } from '../../../src/core/attacks';

describe('what m2at attack prints', () => {
  const summary = attackSummary(madeReport());

  it('has a line for each attack, and the worst case of those with a budget', () => {
    assert.match(summary, /model\.json: 30 images of cifar10/);
    assert.match(summary, /^clean +83\.3 % +66\.4–92\.7 %$/m);
    assert.match(summary, /^apgd-ce linf 8\/255 +33\.3 % +19\.2–51\.2 % +0:02$/m);
    assert.match(summary, /^deepfool l2 +0\.0 % +0\.0–11\.4 % +0:02$/m);
    assert.match(summary, /^worst case with a budget +26\.7 % +14\.2–44\.4 %$/m);
    assert.doesNotMatch(summary, /fgsm linf 2\/255/, 'a point of a curve');
    assert.match(summary, /^warning: Square/m);
  });

  it('counts the images of each row where they differ', () => {
    assert.doesNotMatch(summary, / images$/m, 'not where all are the same');
    const report = madeReport();
    const attacks = report.attacks.map((attack, n) =>
      n === 2 ? { ...attack, images: attack.images.slice(0, 12) } : attack,
    );
    const stopped = attackSummary({ ...report, attacks });
    assert.match(stopped, /^\/models\/three\/model\.json: cifar10$/m);
    assert.match(stopped, /^ +accuracy +95 % interval +images +time$/m);
    assert.match(stopped, /^clean .* 30$/m);
    assert.match(stopped, /^deepfool l2 .* 12 +0:02$/m);
    assert.match(stopped, /^worst case with a budget .* 30$/m);
  });

  it('has curves by epsilon, and the norms that were found', () => {
    assert.match(summary, /^linf epsilon +fgsm linf$/m);
    assert.match(summary, /^0 \(clean\) +83\.3 % \(66\.4–92\.7\)$/m);
    assert.match(summary, /^2\/255 +70\.0 % \(52\.1–83\.3\)$/m);
    assert.match(summary, /^deepfool l2 +25 of 25 +0\.1000 +0\.4500 +0\.8000 +1\.150 +1\.500$/m);
  });

  it('says how many examples an 8-bit file of them keeps, where the report knows', () => {
    assert.doesNotMatch(summary, /8 bits/);
    const { attacks, ...report } = madeReport();
    const counted = attacks.map((attack) => ({ ...attack, survivesRounding: { count: 14, of: 15 } }));
    const text = attackSummary({ ...report, eightBit: true, attacks: counted });
    assert.match(text, /30 images of cifar10, examples on the 8-bit grid$/m);
    assert.match(text, /^ +accuracy +95 % interval +time +adversarial in 8 bits$/m);
    assert.match(text, /^apgd-ce linf 8\/255 +33\.3 % +\S+ % +0:02 +14 of 15$/m);
  });

  it('lists every attack with its norms and what it looks at', () => {
    const lines = attackList(attacks).split('\n');
    assert.deepEqual(
      lines.map((line) => line.trim().split(' ')[0]),
      attackNamesKnown(attacks),
    );
    for (const line of lines)
      assert.match(line, /^ {2}\S+ +(linf|l2|l1|l0|-)[ l012]* +(gradients|scores|decisions)/);
    assert.match(attackList(attacks), /^ {2}cw +l2 +gradients, min +The smallest L2/m);
    assert.match(attackList(attacks), /^ {2}spatial +- +scores +Rotations and translations$/m);
  });

  it('takes a list of epsilons as numbers and fractions', () => {
    assert.deepEqual(epsilonList('0, 1/255,0.5'), [0, 1 / 255, 0.5]);
    for (const text of ['', '1/255,', 'eight', '1/0', '-1', 'Infinity']) {
      assert.throws(() => epsilonList(text), /is no epsilon/, text);
    }
  });
});
