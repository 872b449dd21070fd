import type { RunProgress } from '../../src/core/runs/run-event';
import type { RunStatus } from '../../src/core/runs/run-files';
import { attackProgress, type AttackProgress } from './attack-progress';
import * as format from './format';
import { isOver, type RunState } from './run-state';

export const statusLabels: Record<RunStatus, string> = {
  preparing: 'Preparing',
  running: 'Running',
  stopping: 'Stopping',
  done: 'Done',
  stopped: 'Stopped',
  failed: 'Failed',
};

const phaseLabels: Record<RunProgress['phase'], string> = {
  download: 'Downloading',
  load: 'Loading data',
  compile: 'Compiling',
  train: 'Training',
  evaluate: 'Evaluating',
  attack: 'Attacking',
};

/** The share of the run that is done, in [0, 1]; undefined while it can't be known. */
export function shareDone(state: RunState): number | undefined {
  const { record, progress, series } = state;
  if (record?.status === 'done') return 1;
  if (record?.kind === 'train' && record.progress && record.progress.steps > 0) {
    const step = Math.max(record.progress.step, series.length > 0 ? series.latest('step') : 0);
    if (step > 0 || isOver(record)) return clamp(step / record.progress.steps);
  }
  return progress && progress.total > 0 ? clamp(progress.done / progress.total) : undefined;
}

/** What the run is doing, in parts that are shown one after the other. */
export function progressParts(state: RunState): string[] {
  const { record, progress, series } = state;
  if (!record) return [];
  const parts: string[] = [];
  const attack = attackProgress(state);
  if (attack) parts.push(...attackParts(attack));
  else if (progress && !isOver(record)) parts.push(phaseText(progress));
  if (record.progress && (series.length > 0 || record.progress.step > 0)) {
    const step = Math.max(record.progress.step, series.length > 0 ? series.latest('step') : 0);
    const epoch = Math.max(record.progress.epoch, series.length > 0 ? series.latest('epoch') : 0);
    parts.push(
      `epoch ${format.epoch(epoch)} of ${record.progress.epochs}`,
      `step ${format.integer(step)} of ${format.integer(record.progress.steps)}`,
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

function phaseText({ phase, done, total, unit, detail }: RunProgress): string {
  const label = detail ? `${phaseLabels[phase]} ${detail}` : phaseLabels[phase];
  if (phase === 'train' || total <= 0) return label;
  const amount = (value: number) => (unit === 'bytes' ? format.bytes(value) : format.integer(value));
  return `${label}: ${amount(done)} of ${amount(total)}${unit === 'bytes' ? '' : ` ${unit}`}`;
}

function clamp(share: number): number {
  return Math.max(0, Math.min(1, share));
}
