import { isOver } from '../../core/records/run-state';
import type { RunRecord } from '../../core/records/run-files';
import { oneLine } from '../show/plain';
import { accuracies, accuraciesWithin, epochs, localTime, summary } from '../format';

/** The settings in which a run differs from the text that it stands in; undefined: nobody can tell. */
export type Changes = readonly string[] | 'text has problems' | undefined;

/** Settings that are named in a line. */
const NAMED = 2;

/** What an experiment file says of its last run: results, where it ended early, and whether the text is another by now. */
export function lastRunText(record: RunRecord, changes: Changes): string {
  if (!isOver(record)) return `Running: ${runningText(record, changes)}`;
  const result = accuracies(record) || (record.status === 'done' ? 'done' : 'not evaluated');
  return `Last run${endText(record)}: ${result}${changesText(changes, NAMED)}`;
}

/** What it says of a run that goes on: where it stands, and whether the text is another by now. */
export function runningText(record: RunRecord, changes: Changes): string {
  return `${summary(record) || record.status}${changesText(changes, NAMED)}`;
}

/** The same at length, the lines of a tooltip: with the 95 % intervals, every setting that differs, and the error. */
export function lastRunDetail(record: RunRecord, changes: Changes): string[] {
  const all = changesText(changes, Infinity);
  return [
    `Run ${record.id}, ${record.status}`,
    accuraciesWithin(record),
    all.trim(),
    oneLine(record.message ?? ''),
  ];
}

/** `, stopped on 2026-11-22 18:19 at epoch 2.5/8`; nothing of a run that was done. */
function endText(record: RunRecord): string {
  if (record.status === 'done') return '';
  const { endedAt } = record;
  const when = endedAt === undefined ? '' : ` on ${localTime(endedAt)}`;
  const where = epochs(record);
  return `, ${record.status}${when}${where === undefined ? '' : ` at ${where}`}`;
}

function changesText(changes: Changes, most: number): string {
  if (changes === undefined || changes.length === 0) return '';
  if (typeof changes === 'string') return ' (settings not compared: the text has problems)';
  const named = changes.slice(0, most);
  const others = changes.length - named.length;
  const list = [...named, ...(others > 0 ? [`${others} more`] : [])].join(', ');
  return ` (with other settings than the text has now: ${list})`;
}
