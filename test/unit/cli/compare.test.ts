import assert from 'node:assert/strict';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { mock } from 'node:test';
import { createProgram } from '../../../src/cli/program';
import { output } from '../../../src/cli/terminal';
import { M2atError } from '../../../src/core/errors';
import type { ComparedRow } from '../../../src/core/report/compare/compared-row';
import { builtIn } from '../../../src/core/registry/registry';
import type { MetricRow, RunRecord } from '../../../src/core/records/run-files';
import { runDirectory, runFile } from '../../../src/core/records/run-paths';
import { metricLine } from '../../../src/core/runs/metrics-file';
import { writeReport } from '../../../src/core/runs/report-file';
import { attacked, experiment, final, first } from '../report/compare/rows';
import { runRecord, stepRow } from '../webview/rows';
import { temporaryRoot } from '../training/tiny-task';

describe('m2at compare', () => {
  let root = '';
  const group = (index: number) => ({ id: 'g-1', name: 'both', index, size: 2 });

  async function write(record: RunRecord, files: Readonly<Record<string, string>>): Promise<string> {
    const folder = runDirectory(root, record.id);
    await mkdir(folder, { recursive: true });
    await writeFile(path.join(folder, runFile.record), JSON.stringify(record));
    for (const [name, text] of Object.entries(files)) await writeFile(path.join(folder, name), text);
    return folder;
  }

  async function writeTraining(
    name: string,
    index: number,
    method: object,
    rows: readonly MetricRow[],
  ): Promise<void> {
    const startedAt = `2026-01-02T03:04:0${index}.000Z`;
    await write(runRecord({ id: `run-${name}`, name, status: 'done', startedAt, group: group(index) }), {
      [runFile.experiment]: JSON.stringify(experiment(method, index)),
      [runFile.metrics]: rows.map(metricLine).join(''),
    });
  }

  before(async () => {
    root = await temporaryRoot();
    const steps = Array.from({ length: 2000 }, (_, n) => stepRow(n + 1));
    await writeTraining('weak', 1, { name: 'pgd-at', epsilon: 4 / 255 }, [
      ...steps,
      final(0.2, { step: 2000, elapsedSeconds: 200 }),
    ]);
    await writeTraining('strong', 2, { name: 'pgd-at', epsilon: 8 / 255 }, [final(0.3)]);
    const { record, report } = attacked('strong', 0.25, first(500));
    const source = { kind: 'dataset', parameters: { name: 'cifar10', testCount: 500 } };
    await writeReport(await write(record, { [runFile.attack]: JSON.stringify({ source }) }), report);
  });
  after(() => rm(root, { recursive: true }));

  /** What it prints. */
  async function printed(...args: string[]): Promise<string> {
    const texts: string[] = [];
    const written = mock.method(output, 'write', (text: string) => texts.push(text));
    const told = mock.method(output, 'json', (value: unknown) => texts.push(JSON.stringify(value)));
    try {
      await createProgram(builtIn).parseAsync(['compare', ...args, '--root', root], { from: 'user' });
    } finally {
      written.mock.restore();
      told.mock.restore();
    }
    return texts.join('');
  }

  it('prints a row a run of a group, with an attack on a checkpoint in the row of its run', async () => {
    const lines = (await printed('both', '--sort', 'pgd-20:desc', '--baseline', 'weak')).split('\n');
    assert.match(lines[0] ?? '', /^run +seed +epsilon +clean +pgd-20 linf 8\/255 +time$/);
    assert.match(
      lines[2] ?? '',
      /^strong +2 +8\/255 +60\.0 % \(.*\) \[±0\.0\] +25\.0 % \(21\.4–29\.0\) \[\+5\.0\] +0:10/,
    );
    assert.match(
      lines[3] ?? '',
      /^weak \[baseline\] +1 +4\/255 +60\.0 % \(.*\) +20\.0 % \(16\.7–23\.7\) +3:20$/,
    );
    assert.equal(
      await printed('run-weak', 'run-strong', 'attack-strong', '--hide', 'clean'),
      await printed('both', '--hide', 'clean'),
    );
  });

  it('prints JSON with everything, and writes files', async () => {
    const rows = JSON.parse(await printed('both', '--format', 'json')) as ComparedRow[];
    assert.deepEqual(
      rows.map(({ record, measurements }) => [
        record.id,
        measurements.at(-1)?.accuracy,
        measurements.at(-1)?.attackRun,
      ]),
      [
        ['run-weak', 0.2, undefined],
        ['run-strong', 0.25, 'attack-strong'],
      ],
    );
    const file = path.join(root, 'table.csv');
    assert.equal(await printed('both', '--format', 'csv', '--filter', 'epsilon=8/255', '--output', file), '');
    const [head = '', line = '', ...none] = (await readFile(file, 'utf8')).trimEnd().split('\r\n');
    assert.match(head, /^run,seed,epsilon,clean,clean low,/);
    assert.match(line, /^strong,2,0\.0313725/);
    assert.deepEqual(none, []);
  });

  it('says of what is not there what there is', async () => {
    const refused = (pattern: RegExp) => (error: unknown) =>
      error instanceof M2atError && error.code === 'bad-input' && pattern.test(error.message);
    await assert.rejects(printed('nothing'), refused(/there is no run or group nothing/));
    await assert.rejects(
      printed('both', '--sort', 'colour'),
      refused(/no column colour\nThere are: run, status, /),
    );
    await assert.rejects(
      printed('both', '--baseline', 'x'),
      refused(/none of the runs .*\nThere are: weak, strong/),
    );
  });
});
