import type { RunEvent, RunProgress } from '../core/runs/run-event';
import type { EvaluationRow, RunRecord, StepRow } from '../core/runs/run-files';
import { LiveLine } from './live-line';
import { clock, percent } from './table';

const PHASES: Record<RunProgress['phase'], string> = {
  download: 'Downloading',
  load: 'Loading',
  compile: 'Compiling',
  train: 'Training',
  evaluate: 'Evaluating',
  attack: 'Attacking',
};

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
        // An error ends the command, which then prints it.
        if (event.level !== 'error')
          this.line.print(`  ${event.level === 'warn' ? 'warning: ' : ''}${event.text}`);
        break;
      case 'samples':
      case 'gallery':
      case 'report':
        break;
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
      this.line.print(`\n${record.name}  (${record.id})`);
    }
    this.record = record;
  }

  private progressText(progress: RunProgress): string {
    const left = progress.secondsLeft === undefined ? '' : `  ${clock(progress.secondsLeft)} left`;
    if (progress.phase !== 'train' || !this.step)
      return `${PHASES[progress.phase]}${amount(progress)}${left}`;
    const { step, evaluation } = this;
    const parts = [
      ...(progress.detail ? [progress.detail] : []),
      `batch ${progress.done}/${progress.total}`,
      `loss ${step.loss?.toFixed(3) ?? 'NaN'}`,
      ...(evaluation
        ? [`clean ${percent(evaluation.cleanAccuracy)}`, `robust ${percent(evaluation.robustAccuracy)}`]
        : []),
      `${step.imagesPerSecond.toFixed(0)} img/s`,
    ];
    return `${parts.join('  ')}${left}`;
  }
}

function amount({ done, total, unit, detail }: RunProgress): string {
  const suffix = detail ? `  ${detail}` : '';
  if (total <= 0) return suffix;
  const share = Math.min(1, done / total);
  const bar = '█'.repeat(Math.round(20 * share)).padEnd(20, '░');
  const count =
    unit === 'bytes'
      ? `${(done / 1e6).toFixed(0)}/${(total / 1e6).toFixed(0)} MB`
      : `${done}/${total} ${unit}`;
  return `  ${bar} ${percent(share)}  ${count}${suffix}`;
}
