import * as format from './format';
import { statusLabels } from './run-progress';
import type { RunState } from './run-state';

/** What a screen reader says when an evaluation or an attack ends, or the run does; empty before that. */
export function announcement({ record, series, report }: RunState): string {
  if (!record) return '';
  const sentences: string[] = [];
  const evaluation = series.latestEvaluation;
  if (record.kind === 'attack' && report) {
    const last = report.attacks.at(-1);
    // An attack that only draws a curve says nothing by itself.
    const drawsCurve = report.groups?.[last?.group ?? -1]?.epsilons !== undefined;
    if (last && !drawsCurve) {
      sentences.push(`${last.title}: robust accuracy ${format.percent(last.robustAccuracy)}.`);
    }
    const robust = last ? `, robust accuracy ${format.percent(report.robustAccuracy)}` : '';
    sentences.push(`Clean accuracy ${format.percent(report.cleanAccuracy)}${robust}.`);
  } else if (evaluation) {
    const where = evaluation.final ? 'Final evaluation' : `Step ${format.integer(evaluation.step)}`;
    sentences.push(
      `${where}: clean accuracy ${format.percent(evaluation.cleanAccuracy)}, robust accuracy ${format.percent(evaluation.robustAccuracy)}.`,
    );
  }
  if (record.status !== 'running' && record.status !== 'preparing') {
    sentences.unshift(`${record.name}: ${statusLabels[record.status].toLowerCase()}.`);
  }
  return sentences.join(' ');
}
