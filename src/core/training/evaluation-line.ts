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
}: EvaluationRow): string {
  const results = attacks.map(({ attack, robustAccuracy, count: own }) =>
    [`${attack} ${percent(robustAccuracy)}`, ...(own === undefined ? [] : [`(on ${own})`])].join(' '),
  );
  const of = network ? ` of the best network, that of step ${network.step},` : '';
  return [
    `${final ? 'Final evaluation' : 'Evaluation'}${of} after step ${step} on ${count} ${split ?? 'test'} images`,
    [`clean ${percent(cleanAccuracy)}`, ...results].join(', '),
  ].join(': ');
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
