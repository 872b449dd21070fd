import * as vscode from 'vscode';
import { shortened } from '../../core/printable';
import type { RunProgress } from '../../core/progress';
import type { RunRecord } from '../../core/records/run-files';
import { commands } from '../contributions';
import { accuraciesWithin, attackProgress, epochs, percent, summary } from '../format';
import { isOver } from '../../core/records/run-state';
import type { Services } from '../services';
import { statusItem } from '../show/labels';
import { isPaused } from '../worker/jobs';

/** Characters of a run's name. */
const NAME_LENGTH = 24;

/** One short item while a run goes on that this window can stop. */
export function registerStatusBar({ runs, jobs }: Services): vscode.Disposable {
  const item = statusItem('m2at.run', 'M2AT Run', commands.showRunActions);
  const update = (): void => {
    const running = runs
      .list()
      .map(({ record }) => record)
      .filter(({ id, status }) => (isOver({ status }) ? isPaused(jobs, id) : jobs.jobOf(id) !== undefined));
    const [latest] = running;
    if (!latest) {
      item.hide();
      return;
    }
    const others = running.length > 1 ? ` (+${running.length - 1})` : '';
    const progress = runs.peek(latest.id)?.progress;
    const stopping = jobs.jobOf(latest.id)?.stopping ?? false;
    item.show({
      icon: isOver(latest) ? 'debug-pause' : 'sync~spin',
      text: `${short(latest, progress, stopping)}${others}`,
      tooltip: [
        `${latest.name}: ${summary(latest, progress) || latest.status}`,
        accuraciesWithin(latest),
        'Click for actions.',
      ],
    });
  };
  return vscode.Disposable.from(item, runs.onDidChangeList(update), jobs.onDidChange(update));
}

function short(record: RunRecord, progress: RunProgress | undefined, stopping: boolean): string {
  if (stopping) return `M2AT ${shortened(record.name, NAME_LENGTH)}: stopping`;
  const parts = [
    isOver(record) ? 'paused' : undefined,
    epochs(record) ?? attackProgress(progress),
    record.robustAccuracy === undefined ? undefined : `robust ${percent(record.robustAccuracy)}`,
  ];
  const what = parts.filter((part) => part !== undefined).join(', ') || record.status;
  return `M2AT ${shortened(record.name, NAME_LENGTH)}: ${what}`;
}
