import { Command } from 'commander';
import path from 'node:path';
import { M2atError } from '../../core/errors';
import { withAnalysis } from '../../core/report/analyse-report';
import { corruptionText } from '../../core/report/corruption-text';
import { assertWritable } from '../../core/runs/run-lifecycle';
import { writeReportPage } from '../../core/runs/report-page';
import { runFile } from '../../core/records/run-paths';
import { readRun, runDirectory } from '../../core/runs/run-store';
import { attackSummary } from '../attack-summary';
import { output } from '../terminal';
import { jsonOption, rootOption } from './common';

interface ReportFlags {
  readonly root: string;
  readonly html?: string;
  readonly json?: true;
}

export function reportCommand(): Command {
  return new Command('report')
    .description('Print the report of an attack run, and write its page (report.html) anew.')
    .argument('<run>', 'the id of the run; m2at runs lists them')
    .option('--html <file>', 'write the page there instead of into the run directory')
    .addOption(rootOption())
    .addOption(jsonOption())
    .addHelpText('after', '\nWith --json the report is printed as one JSON object.')
    .action(report);
}

async function report(id: string, { root, html, json }: ReportFlags): Promise<void> {
  const stored = await readRun(root, id);
  if (!stored.report) {
    const problem = stored.problems.find((text) => text.startsWith(runFile.report));
    if (problem !== undefined) throw new M2atError('data', problem, { where: runDirectory(root, id) });
    throw new M2atError('bad-input', `the run ${id} has no report`, {
      where: runDirectory(root, id),
      hint: 'Only attacks have one, from their first examples on.',
    });
  }
  const shown = withAnalysis(stored.report);
  if (html !== undefined) await assertWritable(path.dirname(path.resolve(html)));
  const file = await writeReportPage({ root, id, file: html });
  const table = stored.corruptions?.table;
  if (json) output.json(table ? { ...shown, corruptions: table } : shown);
  else output.write(`${attackSummary(shown)}${table ? `\n${corruptionText(table)}\n` : ''}`);
  if (!json && stored.unverified.includes(runFile.report)) {
    output.write(`\n${runFile.report} is of a version without checksums: it is unverified.\n`);
  }
  if (!json) output.write(`\nPage: ${path.relative('.', file)}\n`);
}
