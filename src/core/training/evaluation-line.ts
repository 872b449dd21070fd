import type { EvaluationRow } from '../records/run-files';

/** An evaluation in the log. */
export function evaluationLine({
  step,
  count,
  split,
  network,
  cleanAccuracy,
  attacks,
  final,
  beside,
}: EvaluationRow): string {
  const results = attacks.map(({ attack, robustAccuracy, count: own }) =>
    [`${attack} ${percent(robustAccuracy)}`, ...(own === undefined ? [] : [`(on ${own})`])].join(' '),
  );
  const of = network ? ` of the best network, that of step ${network.step},` : '';
  const kind = final ? (beside ? 'Final evaluation, beside the result,' : 'Final evaluation') : 'Evaluation';
  return [
    `${kind}${of} after step ${step} on ${count} ${split ?? 'test'} images`,
    [`clean ${percent(cleanAccuracy)}`, ...results].join(', '),
  ].join(': ');
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
