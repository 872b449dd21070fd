import { ROUNDING } from '../attacks/base/perturbation';
import { isGoal, isMoved } from '../attacks/parameters/moved';
import { worstCaseOf, type GroupedAttack } from '../attacks/plan/counting-groups';
import { budgetOf, isMinimalNorm, type KnownAttack } from '../attacks/parameters/known-attack';
import type { AttackReport } from '../records/run-files';

/** What an analysis is made of. */
export type AnalysableReport = Pick<AttackReport, 'count' | 'attacks' | 'groups'>;
type StoredOutcome = AttackReport['attacks'][number];
export type ReportedAttack = StoredOutcome & Pick<KnownAttack, 'definition'>;
export type ReportedImage = StoredOutcome['images'][number];

/** A report with what is known of its attacks. */
export interface AnalysedReport extends Pick<AnalysableReport, 'count' | 'groups'> {
  readonly attacks: readonly ReportedAttack[];
}

/** The first `count` images of an attack: those that every attack which counts is through with. */
export function countedImages(
  { count }: AnalysedReport,
  { images }: ReportedAttack,
): readonly ReportedImage[] {
  return images.slice(0, count);
}

/** Groups that draw a curve, by their place. */
export function curveGroupsOf({ groups = [] }: Pick<AnalysableReport, 'groups'>): ReadonlySet<number> {
  return new Set([...groups.keys()].filter((place) => groups[place]?.epsilons !== undefined));
}

/** Attacks that were asked for: not those that draw a curve. */
export function listedAttacks<Attack extends StoredOutcome>(
  report: Pick<AnalysableReport, 'groups'> & { readonly attacks: readonly Attack[] },
): readonly Attack[] {
  const curves = curveGroupsOf(report);
  return report.attacks.filter(({ group }) => group === undefined || !curves.has(group));
}

/** Attacks that count for the worst case with all that they break. */
export function countingAttacks(report: AnalysedReport): readonly ReportedAttack[] {
  const grouped = groupedAttacks(report);
  const { groups } = worstCaseOf(grouped, curveGroupsOf(report));
  return grouped.filter(({ group }) => groups.has(group)).map(({ attack }) => attack);
}

/**
 * What makes up the worst case: for each attack the examples that broke a counted image, by the image's place. Those of
 * a curve are part of it within a budget that was asked for.
 */
export function countedBreaks(report: AnalysedReport): ReadonlyMap<number, ReportedImage>[] {
  const grouped = groupedAttacks(report);
  const worstCase = worstCaseOf(grouped, curveGroupsOf(report));
  return grouped.map((attack) => {
    const images = countedImages(report, attack.attack);
    return new Map(
      [...images.entries()].filter(([, image]) => isMoved(image) && worstCase.counts(attack, image.norm)),
    );
  });
}

function groupedAttacks({ attacks }: AnalysedReport): (GroupedAttack & { attack: ReportedAttack })[] {
  // An attack without a group stands alone.
  return attacks.map((attack, place) => ({
    attack,
    group: attack.group ?? -1 - place,
    definition: attack.definition,
    parameters: attack.parameters,
  }));
}

/** Minimal-norm attacks that attacked every image: inside of an ensemble only what withstood those before is left. */
export function wholeMinimalNormAttacks(
  report: AnalysedReport,
): readonly { readonly attack: ReportedAttack; readonly place: number }[] {
  const { attacks } = report;
  const curves = curveGroupsOf(report);
  return attacks.flatMap((attack, place) => {
    const { group } = attack;
    const isFirst = group === undefined || attacks.findIndex((other) => other.group === group) === place;
    const isCurve = group !== undefined && curves.has(group);
    return isMinimalNorm(attack) && isFirst && !isCurve ? [{ attack, place }] : [];
  });
}

export function isCorrect({ label, cleanPrediction }: ReportedImage): boolean {
  return cleanPrediction === label;
}

/**
 * Whether a minimal-norm attack fooled the network with any norm (a targeted one: reached the target); one above its
 * epsilon does not count as broken.
 */
export function isFooled(image: ReportedImage, attack: ReportedAttack): boolean {
  return image.broken || (isMovedAtAll(image, attack) && isGoal(image));
}

/** Whether a minimal-norm attack moved an image from its label with any norm. */
export function isMovedAtAll(image: ReportedImage, attack: ReportedAttack): boolean {
  if (isMoved(image)) return true;
  const { norm, label, adversarialPrediction } = image;
  // The largest number stands for an example that is no image.
  const beyond = norm > budgetOf(attack) + ROUNDING && norm < Number.MAX_VALUE;
  return isCorrect(image) && beyond && adversarialPrediction !== label;
}
