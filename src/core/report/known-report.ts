import { attacks } from '../attacks';
import type { AttackEntry } from '../attacks/base/define-attack';
import { factsOf } from '../attacks/plan/attack-list';
import type { AnalysableReport, ReportedAttack } from './report-attacks';

/**
 * A report with what is known of its attacks.
 * @param list the attacks that there are
 */
export function withFacts<Report extends Pick<AnalysableReport, 'attacks'>>(
  report: Report,
  list: readonly AttackEntry[] = attacks,
): Omit<Report, 'attacks'> & { attacks: ReportedAttack[] } {
  const known = report.attacks.map((attack) => {
    const { norms, minimal } = factsOf(list, attack.parameters.name);
    return { ...attack, definition: { norms, ...(minimal && { minimal }) } };
  });
  return { ...report, attacks: known };
}
