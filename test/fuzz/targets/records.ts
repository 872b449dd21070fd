import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { attackSummary } from '../../../src/cli/attack-summary';
import { transferSummary } from '../../../src/cli/transfer-summary';
import { trainSummary } from '../../../src/cli/train-summary';
import { Random } from '../../../src/core/random';
import { corruptionText } from '../../../src/core/report/corruption-text';
import { withAnalysis } from '../../../src/core/report/analyse-report';
import { readTask } from '../../../src/core/runs/stored-task';
import { writeReportPage } from '../../../src/core/runs/report-page';
import { listRuns, readExperiment, readRun, runDirectory } from '../../../src/core/runs/run-store';
import { toDashboard } from '../../../src/protocol/dashboard-protocol';
import { attackRecord, madeGallery, madeReport, writeAttackRun } from '../../support/attack-run';
import { corruptionTableOf } from '../../support/corruption-table';
import { transferRow } from '../../support/transfer-row';
import { tinyExperiment } from '../../unit/training/tiny-task';
import { evaluationRow, stepRow } from '../../unit/webview/rows';
import { assertFound, contentOf, oneFile, type FuzzTarget } from '../fuzz-target';
import { mutateBytes, pick } from '../mutate/mutate-bytes';
import { mutateText } from '../mutate/mutate-text';
import { showRun } from './show-run';

const { id } = attackRecord;

/** Of this many inputs one has its page written, too. */
const PAGE_PERIOD = 8;

const task = {
  ...{
    version: 1,
    checkpoint: '/models/three/model.json',
    seed: 7,
    draws: 2,
    batchSize: 16,
    device: 'auto',
    threads: 0,
  },
  source: { kind: 'arrays', images: '/x.npy', labels: '/y.npy' },
  attacks: [{ parameters: { name: 'fgsm', epsilon: '8/255' }, group: 0 }],
  groups: [{ name: 'fgsm', title: 'fgsm linf 8/255', ensemble: false, missing: [] }],
  indices: [0, 1, 2, 3],
};

/** Everything that a run directory holds, one file of it damaged: listed, read, shown, and made a page of. */
export async function recordsTarget(folder: string): Promise<FuzzTarget> {
  const bundle = path.join(folder, 'webview');
  const run = runDirectory(folder, id);
  await writeAttackRun(folder);
  await mkdir(bundle, { recursive: true });
  await writeFile(path.join(bundle, 'dashboard.js'), 'console.log("dashboard")');
  await writeFile(path.join(bundle, 'dashboard.css'), 'body { margin: 0 }');
  const samples = madeGallery(madeReport(), 1);
  await mkdir(path.join(run, 'samples'));
  await writeFile(path.join(run, 'samples', '7.png'), samples.png);
  const texts: Readonly<Record<string, unknown>> = {
    'samples/7.json': samples.grid,
    'attack.json': task,
    'experiment.json': tinyExperiment(),
    'corruptions.json': corruptionTableOf([30, 10, 36, 20]),
    'transfer.json': { version: 1, warnings: ['w'], rows: [transferRow({ isSource: true }), transferRow()] },
  };
  for (const [name, value] of Object.entries(texts))
    await writeFile(path.join(run, name), JSON.stringify(value));
  const rows = [stepRow(1), stepRow(2), evaluationRow(2, { final: true })];
  await writeFile(path.join(run, 'metrics.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const originals = new Map<string, Buffer>();
  for (const name of (await readdir(run, { recursive: true })).sort()) {
    if (/\.(json|jsonl|png)$/.test(name)) originals.set(name, await readFile(path.join(run, name)));
  }
  // Those that hold most come most often.
  const names = [...originals.keys()].flatMap((name) =>
    ['run.json', 'report.json', 'transfer.json'].includes(name) ? [name, name, name] : [name],
  );
  return {
    input(seed) {
      const random = Random.keyed(seed, 'fuzz-records');
      const name = pick(random, names);
      const content = originals.get(name) ?? Buffer.alloc(0);
      const text = content.toString('utf8');
      const { bytes, label } = name.endsWith('.json')
        ? mutateText(text, JSON.parse(text), random)
        : mutateBytes(content, random);
      return oneFile(name, bytes, `${name}: ${label}`);
    },
    async attempt(input, seed) {
      const [name = ''] = input.files.keys();
      const file = path.join(run, name);
      await writeFile(file, contentOf(input, name));
      try {
        const listed = await listRuns(folder);
        assertFound(listed.length === 1 && listed[0]?.id === id, `${listed.length} runs are listed`);
        const stored = await readRun(folder, id);
        const { report, transfer, rows, record, samples, galleries, corruptions } = stored;
        if (name === 'attack.json') await readTask(folder, id);
        if (name === 'experiment.json') await readExperiment(folder, id);
        if (seed % PAGE_PERIOD === 0) await writeReportPage({ root: folder, id, bundle });
        if (report) attackSummary(withAnalysis(report));
        if (transfer) transferSummary(transfer);
        if (corruptions) corruptionText(corruptions.table);
        trainSummary([record], new Map(), folder);
        const parts = { rows, record, samples, galleries, transfer, corruptions };
        const shown = { ...parts, report: report && withAnalysis(report) };
        const state = {
          type: 'state',
          ...shown,
          live: false,
          checkpoint: true,
          paused: false,
          trusted: true,
        };
        showRun(
          toDashboard.parse(
            Object.fromEntries(Object.entries(state).filter(([, value]) => value !== undefined)),
          ),
        );
        const whole =
          record.status === 'done' && report && transfer && corruptions && galleries?.length === 3 && samples;
        return whole && rows.length === 3 ? 'accepted' : { refused: ['a part is left out'] };
      } finally {
        await writeFile(file, originals.get(name) ?? '');
      }
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
}
