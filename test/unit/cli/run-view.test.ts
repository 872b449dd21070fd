import assert from 'node:assert/strict';
import { progressLine } from '../../../src/cli/run-view';
import type { RunProgress } from '../../../src/core/progress';
import { evaluationRow, stepRow } from '../webview/rows';

describe('the progress line of a command', () => {
  const line = (progress: RunProgress): string => progressLine(progress, undefined, undefined);

  it('counts the images of one attack, and says that the share is of all', () => {
    const attack = { phase: 'attack', done: 250, total: 500, unit: 'images' } as const;
    assert.equal(
      line({ ...attack, pass: { index: 8, count: 9 }, detail: 'square linf 8/255', secondsLeft: 61 }),
      'Attack 8 of 8: square linf 8/255  250 of 500 images  ███████████████████░ 94.4 % done  1:01 left',
    );
    assert.equal(
      line({ ...attack, pass: { index: 0, count: 2 }, detail: 'clean images' }),
      'Clean images  250 of 500 images  █████░░░░░░░░░░░░░░░ 25.0 % done',
    );
  });

  it('says what is decoded, loaded and compiled', () => {
    const decode = { phase: 'decode', done: 0, total: 6, unit: 'files', detail: 'data_batch_1.bin' } as const;
    assert.match(line(decode), /^Decoding data_batch_1\.bin {2}0 of 6 files /);
    const load = { phase: 'load', done: 1000, total: 60_000, unit: 'images', detail: 'cifar10' } as const;
    assert.match(line(load), /^Loading cifar10 {2}1,000 of 60,000 images /);
    assert.equal(line({ phase: 'compile', done: 0, total: 0, unit: 'steps' }), 'Compiling');
    const evaluate = { phase: 'evaluate', done: 1, total: 500, unit: 'images' } as const;
    assert.match(
      line({ ...evaluate, pass: { index: 2, count: 3 }, detail: 'pgd' }),
      /^Evaluating, attack 2 of 2: pgd {2}1 of 500 images /,
    );
  });

  it('counts the steps of training', () => {
    const progress = {
      phase: 'train',
      done: 1032,
      total: 24_000,
      unit: 'steps',
      detail: 'epoch 3 of 60',
    } as const;
    assert.equal(
      progressLine(progress, stepRow(1032, { loss: 1.25 }), evaluationRow(800)),
      'epoch 3 of 60  1,032 of 24,000 steps  loss 1.250  clean 60.0 %  robust 20.0 %  400 img/s',
    );
  });
});
