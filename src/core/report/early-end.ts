import type { AttackReport, RunRecord } from '../records/run-files';

/** How the warning begins that a run which is stopped writes itself. */
export const STOPPED = 'The attack was stopped';

/**
 * The report of a run as its end makes it read. A run that was killed or failed had no time to say that its accuracies
 * are not those of everything that was asked for.
 */
export function withEarlyEnd(record: Pick<RunRecord, 'kind' | 'status'>, report: AttackReport): AttackReport {
  const { status, kind } = record;
  if (kind !== 'attack' || (status !== 'stopped' && status !== 'failed')) return report;
  if (report.warnings.some((warning) => warning.startsWith(STOPPED))) return report;
  const { count, selected, attacks } = report;
  const images = selected === undefined ? `${count} images` : `${count} of ${selected} images`;
  const begun = `${attacks.length} attack${attacks.length === 1 ? '' : 's'} that had begun`;
  const warning =
    `The attack ended early: the accuracies cover ${images}, with the ${begun}. Go on with it, or the robust accuracy ` +
    'may be too high.';
  return { ...report, warnings: [warning, ...report.warnings] };
}
