import { countingAttacks } from '../../src/core/report/report-attacks';
import type { Interval } from '../../src/core/report/wilson-interval';
import type { AttackReport } from '../../src/core/records/run-files';
import { known } from '../text/attack-norm';

type Attack = AttackReport['attacks'][number];

/** An attack and its place in the report. */
export interface Placed {
  readonly attack: Attack;
  readonly place: number;
}

/** What was asked for at once: an attack, or an ensemble. */
export interface ReportPart {
  readonly title: string;
  readonly ensemble: boolean;
  readonly robustAccuracy: number;
  readonly interval: Interval | undefined;
  readonly attacks: readonly Placed[];
}

/** What was asked for, without the attacks that only draw a curve. */
export function partsOf({ attacks, groups = [] }: AttackReport): ReportPart[] {
  const parts = new Map<string, ReportPart & { attacks: Placed[] }>();
  attacks.forEach((attack, place) => {
    const group = attack.group === undefined ? undefined : groups[attack.group];
    if (group?.epsilons) return;
    const key = group ? `group ${String(attack.group)}` : `attack ${place}`;
    const part = parts.get(key);
    if (part) part.attacks.push({ attack, place });
    else {
      const { title, robustAccuracy, robustAccuracyInterval: interval } = group ?? attack;
      parts.set(key, {
        title,
        robustAccuracy,
        interval,
        ensemble: group?.ensemble ?? false,
        attacks: [{ attack, place }],
      });
    }
  });
  return [...parts.values()];
}

/** The parts that make up the worst case. */
export function countingParts(report: AttackReport): readonly ReportPart[] {
  const attacks = report.attacks.map(known);
  const counting = countingAttacks({ ...report, attacks }).map((attack) => attacks.indexOf(attack));
  return partsOf(report).filter((part) => part.attacks.some(({ place }) => counting.includes(place)));
}

/** Whether smaller epsilons of a curve broke images that the one attack of a report did not. */
export function isLoweredByCurve(report: AttackReport): boolean {
  const [only, ...others] = partsOf(report);
  return only !== undefined && others.length === 0 && report.robustAccuracy < only.robustAccuracy;
}
