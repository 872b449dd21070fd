import { progressAmount, progressShare, progressTitle } from '../../src/core/progress-text';
import { attackProgress, type AttackProgress } from './attack-progress';
import * as format from '../text/format';
import { isOver } from '../../src/core/records/run-state';
import type { RunState, ShownStatus } from './run-state';

export const statusLabels: Record<ShownStatus, string> = {
  preparing: 'Preparing',
  running: 'Running',
  stopping: 'Stopping',
  done: 'Done',
  stopped: 'Stopped',
  failed: 'Failed',
  pausing: 'Pausing',
  paused: 'Paused',
};

/** The share of the run that is done, in [0, 1]; undefined while it can't be known. */
export function shareDone(state: RunState): number | undefined {
  const { record, progress, series } = state;
  if (record?.status === 'done') return 1;
  if (record?.kind === 'train' && record.progress && record.progress.steps > 0) {
    const step = Math.max(record.progress.step, series.length > 0 ? series.latest('step') : 0);
    if (step > 0 || isOver(record)) return clamp(step / record.progress.steps);
  }
  return progress && progressShare(progress);
}

/** What the run is doing, in parts that are shown one after the other. */
export function progressParts(state: RunState): string[] {
  const { record, progress, series } = state;
  if (!record) return [];
  const parts: string[] = [];
  const attack = attackProgress(state);
  if (attack) parts.push(...attackParts(attack));
  else if (progress && !isOver(record)) {
    // How far training has come follows from its record and its rows, also where it is evaluated or over.
    const amount = progress.phase === 'train' ? '' : progressAmount(progress);
    parts.push(progressTitle(progress), ...(amount === '' ? [] : [amount]));
  }
  if (record.progress && (series.length > 0 || record.progress.step > 0)) {
    const step = Math.max(record.progress.step, series.length > 0 ? series.latest('step') : 0);
    const epoch = Math.max(record.progress.epoch, series.length > 0 ? series.latest('epoch') : 0);
    parts.push(
      `${format.epoch(epoch)} of ${format.counted(record.progress.epochs, 'epoch')}`,
      `${format.integer(step)} of ${format.counted(record.progress.steps, 'step')}`,
    );
  }
  if (progress?.secondsLeft !== undefined && !isOver(record))
    parts.push(format.timeLeft(progress.secondsLeft));
  const [first, ...rest] = parts;
  return first === undefined ? [] : [first.charAt(0).toUpperCase() + first.slice(1), ...rest];
}

function attackParts({ place, places, title, done, total }: AttackProgress): string[] {
  const which = places === undefined || places < 2 ? '' : ` ${place + 1} of ${places}`;
  return [`attack${which}: ${title}`, `${format.integer(done)} of ${format.counted(total, 'image')}`];
}

function clamp(share: number): number {
  return Math.max(0, Math.min(1, share));
}
