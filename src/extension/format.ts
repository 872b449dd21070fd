import { progressShare } from '../core/progress-text';
import type { RunProgress } from '../core/progress';
import { percentRange, type Interval } from '../core/report/wilson-interval';
import type { RunRecord } from '../core/records/run-files';

/** `60.0 %` of a fraction. */
export function percent(fraction: number): string {
  return `${(100 * fraction).toFixed(1)} %`;
}

/** `clean 60.0 %, robust 23.0 %`, with `validation: ` before it where they are of images held out; empty before the first evaluation. */
export function accuracies({ cleanAccuracy, robustAccuracy, split }: RunRecord): string {
  const texts = [
    ...(cleanAccuracy === undefined ? [] : [`clean ${percent(cleanAccuracy)}`]),
    ...(robustAccuracy === undefined ? [] : [`robust ${percent(robustAccuracy)}`]),
  ];
  return ofSplit(split, texts.join(', '));
}

/** Test images are what is expected, and not named. */
function ofSplit(split: RunRecord['split'], text: string): string {
  return split === 'validation' && text !== '' ? `validation: ${text}` : text;
}

/**
 * The same with the Wilson 95 % intervals, for tooltips: `clean 60.0 % (95 % interval 55.6–64.2)`. Records of earlier
 * versions have none.
 */
export function accuraciesWithin(record: RunRecord): string {
  const { cleanAccuracy, cleanAccuracyInterval, robustAccuracy, robustAccuracyInterval } = record;
  const text = (name: string, share: number | undefined, interval: Interval | undefined): string[] => {
    if (share === undefined) return [];
    return [`${name} ${percent(share)}${interval ? ` (95 % interval ${percentRange(interval)})` : ''}`];
  };
  const texts = [
    ...text('clean', cleanAccuracy, cleanAccuracyInterval),
    ...text('robust', robustAccuracy, robustAccuracyInterval),
  ];
  return ofSplit(record.split, texts.join(', '));
}

/** What a run saw go wrong, each in a few words, in the order in which it did. */
function signTitles({ signs = [] }: RunRecord): string[] {
  return signs.map(({ title }) => title);
}

/** What a run that is done came to: `clean 60.0 %, robust 23.0 %, ended early`. */
export function outcome(record: RunRecord): string {
  return [accuracies(record) || 'done', ...signTitles(record)].join(', ');
}

/** `epoch 2.5/8` of a training run that has begun. */
export function epochs({ progress }: RunRecord): string | undefined {
  if (!progress) return undefined;
  const epoch = Number.isInteger(progress.epoch) ? String(progress.epoch) : progress.epoch.toFixed(1);
  return `epoch ${epoch}/${progress.epochs}`;
}

/** `45 % done, pgd-20 linf 8/255` of an attack that goes on; the share is of the whole run. */
export function attackProgress(progress: RunProgress | undefined): string | undefined {
  const share = progress?.phase === 'attack' ? progressShare(progress) : undefined;
  if (share === undefined) return undefined;
  const text = `${Math.floor(100 * share)} % done`;
  return progress?.detail ? `${text}, ${progress.detail}` : text;
}

/**
 * Where a run stands, in a few words: for the tree and for lists.
 * @param progress what it does right now, if it goes on in this window
 */
export function summary(record: RunRecord, progress?: RunProgress): string {
  const parts = [
    signTitles(record).join(', '),
    record.status === 'done' ? undefined : epochs(record),
    record.status === 'running' ? attackProgress(progress) : undefined,
    accuracies(record),
  ];
  if (record.status !== 'done' && record.status !== 'running') parts.unshift(record.status);
  return parts.filter((part) => part !== undefined && part !== '').join(' · ');
}

export function startTime({ startedAt }: RunRecord): string {
  return localTime(startedAt);
}

/** `2026-11-22 18:19` in local time. @param moment as ISO 8601 */
export function localTime(moment: string): string {
  const date = new Date(moment);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}`;
}
