import type { AttackReport } from '../../../src/core/records/run-files';
import * as format from '../../text/format';
import { statusLabels } from '../../state/run-progress';
import { isOver } from '../../../src/core/records/run-state';
import type { RunState } from '../../state/run-state';

/** What a screen reader says when an evaluation or an attack ends, or the run does; empty before that. */
export function announcement({ record, status, series, report }: RunState): string {
  if (!record) return '';
  const sentences: string[] = [];
  const evaluation = series.latestEvaluation;
  if (record.kind === 'attack' && report) {
    sentences.push(...attackSentences(report, isOver(record)));
  } else if (evaluation) {
    const where = evaluation.final ? 'Final evaluation' : `Step ${format.integer(evaluation.step)}`;
    sentences.push(
      `${where}${evaluation.split === 'validation' ? ', validation images' : ''}: clean accuracy ${format.percent(evaluation.cleanAccuracy)}, robust accuracy ${format.percent(evaluation.robustAccuracy)}.`,
    );
  }
  const sign = record.signs?.at(-1);
  if (sign) sentences.push(sign.message);
  if (status && status !== 'running' && status !== 'preparing') {
    sentences.unshift(`${record.name}: ${statusLabels[status].toLowerCase()}.`);
  }
  return sentences.join(' ');
}

/** A report changes about once a second while it fills: only what stays as it is may be said. */
function attackSentences(report: AttackReport, over: boolean): string[] {
  const { selected, attacks, groups, cleanAccuracy, robustAccuracy } = report;
  const clean = `Clean accuracy ${format.percent(cleanAccuracy)}`;
  // The clean images come first, all of them.
  if (attacks.length === 0) return [`${clean}.`];
  const last = attacks.findLast(
    ({ images, group }) =>
      images.length >= (selected ?? images.length) &&
      // An attack that only draws a curve says nothing by itself.
      groups?.[group ?? -1]?.epsilons === undefined,
  );
  return [
    ...(last ? [`${last.title}: robust accuracy ${format.percent(last.robustAccuracy)}.`] : []),
    ...(over ? [`${clean}, robust accuracy ${format.percent(robustAccuracy)}.`] : []),
  ];
}
