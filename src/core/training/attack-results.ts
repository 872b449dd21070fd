import type { Evaluation } from '../attacks/evaluation/evaluation';
import type { AttackGroup } from '../attacks/plan/attack-group';
import type { EvaluationRow } from '../records/run-files';
import { robustInterval } from '../report/accuracy-intervals';

/**
 * What an evaluation found, for its row of the metrics: one entry for each attack or ensemble that was asked for, with the
 * interval of its own images.
 */
export function attackResults(
  { attacks, count }: Pick<Evaluation, 'attacks' | 'count'>,
  groups: readonly Pick<AttackGroup, 'title'>[],
): EvaluationRow['attacks'] {
  return groups.flatMap(({ title }, place) => {
    const members = attacks.filter(({ group }) => group === place);
    // Of an ensemble, what the last one left withstood all of them.
    const last = members.at(-1);
    if (!last) return [];
    const { robustAccuracy, images } = last;
    return [
      {
        attack: title,
        ...(images.length === count ? {} : { count: images.length }),
        robustAccuracy,
        ...robustInterval(robustAccuracy, images.length),
        seconds: members.reduce((sum, { seconds }) => sum + seconds, 0),
      },
    ];
  });
}
