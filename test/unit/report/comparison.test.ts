import assert from 'node:assert/strict';
import type { EvaluationRow } from '../../../src/core/records/run-files';
import { comparedRun, comparison } from '../../../src/core/report/comparison';
import { evaluationRow, runRecord } from '../webview/rows';

const attack = (title: string, robustAccuracy: number, count?: number) => ({
  attack: title,
  robustAccuracy,
  seconds: 1,
  ...(count !== undefined && { count }),
});

const run = (name: string, attackPasses: number, epoch: number) =>
  runRecord({
    ...{ id: name, name, status: 'done' as const, passes: { attack: attackPasses, training: 1 } },
    progress: { step: 10, steps: 10, epoch, epochs: 7 },
  });

const final = (...attacks: ReturnType<typeof attack>[]) =>
  evaluationRow(10, { final: true, count: 500, cleanAccuracy: 0.6, robustAccuracy: 0.3, attacks });

describe('a comparison of training runs', () => {
  it('has a row a run: passes of an image in the whole training, clean, each attack by its name', () => {
    const text = comparison([
      { record: run('standard', 0, 7), final: final(attack('pgd-20', 0.01), attack('autoattack', 0, 200)) },
      { record: run('pgd-at', 2, 7), final: final(attack('pgd-20', 0.3), attack('cw-pgd-20', 0.25)) },
    ]);
    assert.match(text, /^network +passes +clean +pgd-20 +autoattack \(on 200\) +cw-pgd-20 +time$/m);
    assert.match(text, /^standard +7 +60\.0 % +1\.0 % +0\.0 % +\d+:\d\d$/m);
    assert.match(text, /^pgd-at +21 +60\.0 % +30\.0 % +25\.0 % +\d+:\d\d$/m);
    assert.match(text, /Passes: forward and backward/);
  });

  it('says what became of runs that did not get to the end, and of which network a result is', () => {
    const best = { ...final(attack('pgd-20', 0.3)), network: { kind: 'best' as const, step: 60, epoch: 4 } };
    const failed = runRecord({ id: 'x', name: 'diverged', status: 'failed', message: 'Training diverged' });
    const stopped = { ...run('stopped', 2, 3.5), status: 'stopped' as const };
    const text = comparison([
      { record: failed },
      { record: run('early', 1, 5), final: best },
      { record: stopped },
    ]);
    assert.match(text, /^diverged +failed$/m);
    assert.match(text, /\n\ndiverged failed: Training diverged\n$/);
    assert.match(text, /^early \(best, step 60\) +10 +60\.0 % +30\.0 % +\d+:\d\d$/m);
    assert.match(text, /^stopped +10\.5 +stopped$/m);
    assert.equal(comparison([{ record: failed }, { record: stopped }]), '');
  });

  it('has a row for the last and one for the best network, the one that counts first', () => {
    const last = final(attack('pgd-20', 0.3));
    const best = { ...final(attack('pgd-20', 0.35)), network: { kind: 'best' as const, step: 6, epoch: 4 } };
    const record = run('both', 1, 7);
    const lines = (...rows: EvaluationRow[]): string[] =>
      comparison([comparedRun(record, rows)])
        .split('\n')
        .filter((line) => line.startsWith('both'));
    const [first, second, ...more] = lines({ ...best, beside: true }, last);
    assert.match(first ?? '', /^both \(last, step 10\) +14 +60\.0 % +30\.0 %/);
    assert.match(second ?? '', /^both \(best, step 6\) +14 +60\.0 % +35\.0 %/);
    assert.equal(more.length, 0);
    const [headline] = lines({ ...last, beside: true }, best);
    assert.match(headline ?? '', /^both \(best, step 6\)/);
    assert.match(lines(last).join(), /^both +14/);
    // Stopped between the two.
    assert.deepEqual(lines({ ...last, beside: true }), []);
  });

  it('says below what runs saw go wrong', () => {
    const sign = (title: string, step: number) => ({ sign: title, title, step, epoch: 1, message: title });
    const signs = [sign('catastrophic overfitting', 40), sign('ended early', 60)];
    const fell = { ...run('fell', 1, 5), signs };
    const whole = run('whole', 2, 5);
    const text = comparison([fell, whole].map((record) => ({ record, final: final(attack('pgd-20', 0.3)) })));
    assert.match(text, /\n\nfell: catastrophic overfitting after step 40, ended early after step 60\.\n$/);
    assert.doesNotMatch(text, /whole:/);
  });

  it('reads records of earlier versions, which do not know their passes', () => {
    const record = runRecord({ id: 'old', name: 'old', status: 'done' });
    const text = comparison([{ record, final: final(attack('pgd-20', 0.3)) }]);
    assert.match(text, /^network +clean +pgd-20 +time$/m);
    assert.doesNotMatch(text, /Passes/);
  });

  it('has means and standard deviations over the seeds of settings that a sweep repeats', () => {
    const member = (index: number, setting: string, cleanAccuracy: number, robust: number) => {
      const name = `${setting}, seed=${index}`;
      const group = { id: 'g', name: 'eps', index, size: 5, setting };
      const evaluation = { ...final(attack('pgd-20', robust)), cleanAccuracy };
      return { record: { ...run(name, 1, 7), group }, final: evaluation };
    };
    const failed = { ...member(5, 'epsilon=8/255', 0, 0), final: undefined };
    const text = comparison([
      member(1, 'epsilon=4/255', 0.5, 0.2),
      member(2, 'epsilon=4/255', 0.6, 0.3),
      member(3, 'epsilon=4/255', 0.7, 0.25),
      member(4, 'epsilon=8/255', 0.5, 0.25),
      failed,
    ]);
    assert.match(text, /Mean ± standard deviation over the seeds:\n\nsetting +seeds +clean +pgd-20\n/);
    assert.match(text, /^epsilon=4\/255 +3 +60\.0 ± 10\.0 % +25\.0 ± 5\.0 %$/m);
    assert.doesNotMatch(text, /^epsilon=8\/255 +\d/m, 'one run is no mean');
    assert.match(text, /^epsilon=8\/255, seed=5 /m);
  });
});
