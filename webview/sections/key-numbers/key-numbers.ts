import * as format from '../../text/format';
import { wilsonInterval, type Interval } from '../../../src/core/report/wilson-interval';
import type { AttackReport } from '../../../src/core/records/run-files';
import { attackBudget, normName, normText } from '../../text/attack-norm';
import { countingParts, isLoweredByCurve, partsOf } from '../../state/report-parts';
import { isOver } from '../../../src/core/records/run-state';
import { onlyCorruptions } from '../../state/only-corruptions';
import type { RunState } from '../../state/run-state';

export interface KeyNumber {
  readonly id: string;
  readonly label: string;
  readonly value: string;
  /** Where the number comes from, or how it changed. */
  readonly note: string;
  /** What hovering tells: the interval of an accuracy. */
  readonly hint?: string;
  readonly colour?: 'blue' | 'orange';
}

/** Attacks that have a number of their own. */
const MOST_PARTS = 4;

/** The row of numbers under the title. `now`: milliseconds since 1970. */
export function keyNumbers(state: RunState, now: number): KeyNumber[] {
  return state.record?.kind === 'attack' ? attackNumbers(state, now) : trainNumbers(state, now);
}

function trainNumbers(state: RunState, now: number): KeyNumber[] {
  const { record, series } = state;
  const evaluation = series.latestEvaluation;
  const previous = series.previousEvaluation;
  const step = (field: Parameters<typeof series.latest>[0]) => series.latest(field);
  return [
    {
      id: 'clean',
      label: 'Clean accuracy',
      value: format.percent(evaluation?.cleanAccuracy ?? record?.cleanAccuracy),
      note: change(evaluation?.cleanAccuracy, previous?.cleanAccuracy) ?? measuredOn(state),
      hint: evaluationHint(evaluation?.cleanAccuracy, evaluation?.count, record?.cleanAccuracyInterval),
      colour: 'blue',
    },
    {
      id: 'robust',
      label: 'Robust accuracy',
      value: format.percent(evaluation?.robustAccuracy ?? record?.robustAccuracy),
      note: change(evaluation?.robustAccuracy, previous?.robustAccuracy) ?? measuredOn(state),
      hint: evaluationHint(evaluation?.robustAccuracy, evaluation?.count, record?.robustAccuracyInterval),
      colour: 'orange',
    },
    {
      id: 'loss',
      label: 'Training loss',
      value: format.measured(step('loss')),
      note: series.length > 0 ? `batch accuracy ${format.percent(step('batchAccuracy'))}` : '',
    },
    { id: 'learningRate', label: 'Learning rate', value: format.measured(step('learningRate')), note: '' },
    { id: 'rate', label: 'Images / s', value: format.rate(step('imagesPerSecond')), note: '' },
    {
      id: 'elapsed',
      label: 'Elapsed',
      value: format.clock(elapsedSeconds(state, now)),
      note: started(state),
    },
  ];
}

function attackNumbers(state: RunState, now: number): KeyNumber[] {
  const { record, report } = state;
  const images = report ? format.counted(report.count, 'image') : '';
  return [
    {
      id: 'clean',
      label: 'Clean accuracy',
      value: format.percent(report?.cleanAccuracy ?? record?.cleanAccuracy),
      note: images,
      hint: format.intervalHint(
        report ? report.cleanAccuracyInterval : record?.cleanAccuracyInterval,
        report?.count,
      ),
      colour: 'blue',
    },
    ...(onlyCorruptions(state) ? [] : [robustNumber(state)]),
    ...(report ? partNumbers(report) : []),
    ...corruptedNumber(state),
    {
      id: 'elapsed',
      label: 'Elapsed',
      value: format.clock(elapsedSeconds(state, now)),
      note: started(state),
    },
  ];
}

function robustNumber(state: RunState): KeyNumber {
  const { record, report } = state;
  const begun = report?.attacks.length !== 0;
  return {
    id: 'robust',
    label: 'Robust accuracy',
    // Before the first attack, every image withstands.
    value: format.percent(begun ? (report?.robustAccuracy ?? record?.robustAccuracy) : undefined),
    note: report ? worstOf(state, report) : '',
    hint: begun
      ? format.intervalHint(
          report ? report.robustAccuracyInterval : record?.robustAccuracyInterval,
          report?.count,
        )
      : '',
    colour: 'orange',
  };
}

/** The mean over corruptions. */
function corruptedNumber({ corruptions }: RunState): KeyNumber[] {
  if (!corruptions) return [];
  const { meanAccuracy, meanAccuracyInterval, count, rows } = corruptions.table;
  return [
    {
      id: 'corrupted',
      label: 'Under corruptions',
      value: format.percent(meanAccuracy),
      note: `mean of ${format.integer(rows.length)} accuracies`,
      hint: format.intervalHint(meanAccuracyInterval, count),
    },
  ];
}

/** What an attack with a budget leaves; what one without takes, as it breaks nearly everything. */
function partNumbers(report: AttackReport): KeyNumber[] {
  const parts = partsOf(report);
  if (parts.length < 2) return [];
  return parts.slice(0, MOST_PARTS).map(({ title, robustAccuracy, interval, attacks, ensemble }, index) => {
    const id = `attack-${index}`;
    const place = attacks[0]?.place;
    const attack = attacks[0]?.attack;
    const found = report.analysis?.norms.find((one) => one.attack === place);
    if (!ensemble && found?.quantiles && attack && attackBudget(attack) === undefined) {
      const value = normText(found.norm, found.quantiles[2]);
      return { id, label: title, value, note: `median ${normName(found.norm)} norm that fools` };
    }
    const seconds = attacks.reduce((sum, { attack }) => sum + attack.seconds, 0);
    return {
      id,
      label: title,
      value: format.percent(robustAccuracy),
      note: `robust, ${format.duration(seconds)}`,
      hint: format.intervalHint(interval),
    };
  });
}

function worstOf(state: RunState, report: AttackReport): string {
  const parts = countingParts(report);
  const [only] = parts;
  if (!only) return notYet(state, 'no result');
  if (isLoweredByCurve(report)) return 'with the smaller epsilons of the curve';
  if (parts.length === 1) return `under ${only.title}`;
  return `worst of ${format.counted(parts.length, 'attack')}`;
}

/**
 * Seconds of work: by the clock while a run has neither rows nor attacks and goes on, else as those say. The time from
 * its start to its end would hold the pause of a run that was resumed.
 */
export function elapsedSeconds(
  { record, series, report, reportedAt }: RunState,
  now: number,
): number | undefined {
  if (!record) return undefined;
  if (series.elapsedSeconds > 0) return series.elapsedSeconds;
  if (report && report.attacks.length > 0) {
    const reported = report.attacks.reduce((seconds, attack) => seconds + attack.seconds, 0);
    // A batch of a long attack can take minutes, and the report comes after it.
    return isOver(record) ? reported : reported + Math.max(0, now - reportedAt) / 1000;
  }
  if (!isOver(record)) return Math.max(0, (now - Date.parse(record.startedAt)) / 1000);
  return record.endedAt ? (Date.parse(record.endedAt) - Date.parse(record.startedAt)) / 1000 : undefined;
}

function started({ record }: RunState): string {
  if (!record) return '';
  const date = new Date(record.startedAt);
  const time = date.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
  const day = { day: 'numeric', month: 'short' } as const;
  if (!isOver(record)) return `since ${date.toLocaleDateString('en-GB', day)}, ${time}`;
  return `${date.toLocaleDateString('en-GB', { ...day, year: 'numeric' })}, ${time}`;
}

function measuredOn(state: RunState): string {
  const { record, series } = state;
  const evaluation = series.latestEvaluation;
  // A run whose rows are gone still has what its record says.
  if (!evaluation) return record?.cleanAccuracy === undefined ? notYet(state, 'not measured') : '';
  const images = format.counted(evaluation.count, `${evaluation.split ?? 'test'} image`);
  return `${images}${evaluation.final ? ', final' : ''}`;
}

/** Of a run that is over nothing comes any more, and why it is missing is known. */
function notYet({ record, isAtEnd }: RunState, what: string): string {
  if (!record || !isAtEnd) return `${what} yet`;
  switch (record.status) {
    case 'failed':
      return `${what}: the run failed`;
    case 'stopped':
      return `${what}: the run was stopped`;
    default:
      return what;
  }
}

function evaluationHint(
  share: number | undefined,
  count: number | undefined,
  recorded: Interval | undefined,
): string {
  if (share === undefined || count === undefined) return format.intervalHint(recorded);
  return format.intervalHint(wilsonInterval(share, count), count);
}

function change(value: number | undefined, previous: number | undefined): string | undefined {
  if (value === undefined || previous === undefined) return undefined;
  const points = 100 * (value - previous);
  const arrow = Math.abs(points) < 0.05 ? '→' : points > 0 ? '↑' : '↓';
  return `${arrow} ${Math.abs(points).toFixed(1)} points`;
}
