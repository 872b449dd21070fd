import assert from 'node:assert/strict';
import path from 'node:path';
import { transferSummary } from '../../../src/cli/transfer-summary';
import type { TransferRow } from '../../../src/core/records/transfer-files';
import { transferPart, transferRow } from '../../support/transfer-row';

const file = (name: string): string => path.resolve('/', 'nets', name);

function row(group: number, target: string, changes: Partial<TransferRow> = {}): TransferRow {
  return transferRow({
    source: {
      title: group === 0 ? 'fgsm linf 8/255' : 'pgd-20 linf 8/255',
      file: `${group}.npy`,
      run: 'run-1',
      group,
      checkpoint: file('a.onnx'),
    },
    target: file(target),
    isSource: target === 'a.onnx',
    ...changes,
  });
}

describe('what m2at evaluate prints', () => {
  it('has a table for each source, and an overview, source by target', () => {
    const rows = [
      row(0, 'a.onnx'),
      row(0, 'b.onnx'),
      row(1, 'a.onnx'),
      row(1, 'b.onnx', { fooled: transferPart(3, 30) }),
    ];
    const text = transferSummary({ version: 1, warnings: ['run-1 is stopped.'], rows });
    assert.match(text, /^fgsm linf 8\/255 of run-1, made on .*a\.onnx: 40 images$/m);
    assert.match(
      text,
      /a\.onnx \(the source\) +25\.0 % \(14\.2–40\.2\) +75\.0 % \(59\.8–85\.8\) +21 of 30 \(70\.0 %\) +20 of 25 \(80\.0 %\)$/m,
    );
    assert.match(text, /^ +a\.onnx +b\.onnx$/m);
    assert.match(text, /^2\. pgd-20 linf 8\/255 +70\.0 % +10\.0 %$/m);
    assert.match(text, /^warning: run-1 is stopped\.$/m);
  });

  it('has accuracies with their 95 % intervals in the overview where nothing else is known', () => {
    const rows = [0, 1].map((group) => row(group, 'b.onnx', { fooled: undefined }));
    const text = transferSummary({ version: 1, warnings: [], rows });
    assert.match(text, /^Accuracy \(95 % interval\), source by target:$/m);
    assert.match(text, /^1\. fgsm linf 8\/255 +25\.0 % \(14\.2–40\.2\)$/m);
  });

  it('leaves out what is not known, and the overview of a single source', () => {
    const unknown = { clean: undefined, fooled: undefined, transferred: undefined };
    const only = row(0, 'b.onnx', { ...unknown, source: { title: 'x.npy', file: 'x.npy' } });
    const text = transferSummary({ version: 1, warnings: [], rows: [only] });
    assert.equal(text.trim().split('\n').length, 5);
    assert.match(text, /^x\.npy: 40 images$/m);
    assert.doesNotMatch(text, /clean|fool|source/);
  });
});
