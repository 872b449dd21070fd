import { Command } from 'commander';
import { listRuns } from '../../core/runs/run-store';
import { accuracyCell, table } from '../table';
import type { RunRecord } from '../../core/runs/run-files';
import { output } from '../terminal';
import { jsonOption, rootOption } from './common';

export function runsCommand(): Command {
  return new Command('runs')
    .description('List the runs of a folder, the newest first.')
    .addOption(rootOption())
    .addOption(jsonOption())
    .action(async ({ root, json }: { root: string; json?: true }) => {
      const records = await listRuns(root);
      if (json) {
        output.json(records);
        return;
      }
      if (records.length === 0) {
        output.write('No runs here yet. Start one with: m2at train FILE\n');
        return;
      }
      const rows = records.map((record) => [
        record.id,
        record.kind,
        record.status,
        record.progress ? `${record.progress.epoch.toFixed(1)}/${record.progress.epochs}` : '',
        ...accuracyCells(record),
        record.name,
      ]);
      output.write(
        `${table(['run', 'kind', 'status', 'epoch', 'clean (95 %)', 'robust (95 %)', 'name'], rows)}\n`,
      );
    });
}

/** In brackets the Wilson 95 % interval, which records of earlier versions lack. */
function accuracyCells({
  cleanAccuracy,
  cleanAccuracyInterval,
  robustAccuracy,
  robustAccuracyInterval,
}: RunRecord): string[] {
  return [
    cleanAccuracy === undefined ? '' : accuracyCell(cleanAccuracy, cleanAccuracyInterval),
    robustAccuracy === undefined ? '' : accuracyCell(robustAccuracy, robustAccuracyInterval),
  ];
}
