import { printable } from '../core/printable';
import { progressAmount, progressShare, progressTitle } from '../core/progress-text';
import type { RunProgress } from '../core/progress';
import type { RunEvent } from '../core/records/run-event';
import type { EvaluationRow, RunRecord, StepRow } from '../core/records/run-files';
import { LiveLine } from './live-line';
import { clock, percent } from '../core/report/text-table';

/** Shows the events of runs as a live progress line and lines that stay for evaluations and messages. */
export class RunView {
  private readonly line = new LiveLine();
  private record: RunRecord | undefined;
  private step: StepRow | undefined;
  private evaluation: EvaluationRow | undefined;

  readonly onEvent = (_run: string, event: RunEvent): void => {
    switch (event.type) {
      case 'record':
        this.showRecord(event.record);
        break;
      case 'progress':
        this.line.update(this.progressText(event.progress));
        break;
      case 'metric':
        if (event.row.kind === 'step') this.step = event.row;
        else this.evaluation = event.row;
        break;
      case 'log':
        // The error of a run alone ends the command, which then prints it.
        if (event.level !== 'error' || this.record?.group) {
          const kind = { info: '', warn: 'warning: ', error: 'failed: ' }[event.level];
          this.line.print(`  ${kind}${printable(event.text)}`);
        }
        break;
      default:
      // What is to be looked at, and not to be read.
    }
  };

  print(text: string): void {
    this.line.print(text);
  }

  end(): void {
    this.line.clear();
  }

  private showRecord(record: RunRecord): void {
    if (record.id !== this.record?.id) {
      this.step = undefined;
      this.evaluation = undefined;
      const { group } = record;
      const place = group ? `${group.index} of ${group.size}: ` : '';
      this.line.print(`\n${place}${printable(record.name)}  (${record.id})`);
    }
    this.record = record;
  }

  private progressText(progress: RunProgress): string {
    return progressLine(progress, this.step, this.evaluation);
  }
}

/** What a run is doing, in one line. @param step, evaluation the latest ones of a training run */
export function progressLine(
  progress: RunProgress,
  step: StepRow | undefined,
  evaluation: EvaluationRow | undefined,
): string {
  const left = progress.secondsLeft === undefined ? '' : `  ${clock(progress.secondsLeft)} left`;
  if (progress.phase !== 'train' || !step) {
    const parts = [progressTitle(progress), progressAmount(progress), doneText(progress)];
    return `${parts.filter(Boolean).join('  ')}${left}`;
  }
  const parts = [
    ...(progress.detail ? [progress.detail] : []),
    progressAmount(progress),
    `loss ${step.loss?.toFixed(3) ?? 'NaN'}`,
    ...(evaluation
      ? [
          `${evaluation.split === 'validation' ? 'validation: ' : ''}clean ${percent(evaluation.cleanAccuracy)}`,
          `robust ${percent(evaluation.robustAccuracy)}`,
        ]
      : []),
    `${step.imagesPerSecond.toFixed(0)} img/s`,
  ];
  return `${parts.join('  ')}${left}`;
}
/** A bar with the share of all passes. */
function doneText(progress: RunProgress): string {
  const share = progressShare(progress);
  if (share === undefined) return '';
  return `${'█'.repeat(Math.round(20 * share)).padEnd(20, '░')} ${percent(share)} done`;
}
