import { nameImages } from '../../data/name-images';
import type { AttackGroup } from '../plan/attack-group';
import { curveGroups, type PlannedAttack } from '../plan/attack-plan';
import { worstCaseOf } from '../plan/counting-groups';
import type { AttackOutcome, Evaluation } from './evaluation';
import type { AttackEntry } from '../base/define-attack';
import { entryOf, isBlackBox } from '../plan/attack-list';
import { isMoved } from '../parameters/moved';
import { budgetOf, hasNoBudget, normOf } from '../parameters/known-attack';
import { stepWarnings } from '../plan/step-warnings';
import { unevenWarnings } from './uneven-attacks';
import { POOL_SIZE } from '../base/start-pool';
import { isTargeted } from '../parameters/target-rule';

/** A node of a network's graph, as messages name it. */
export interface FaultyNode {
  /** Such as `Sqrt`. */
  readonly op: string;
  readonly node: string;
}

/** What a look at the network itself found. */
export interface NetworkCheck {
  /** Images whose loss has a gradient of exactly 0, of those that were looked at. */
  readonly zeroGradients: number;
  readonly checked: number;
  /** Images whose loss has a gradient with entries that are infinite or NaN; absent: none. */
  readonly notFinite?: number | undefined;
  /** The gradient at pixels that are 0 or 1 is not finite: attacks take it a little inside. */
  readonly gradientInside?: boolean | undefined;
  /** Where the gradient stops being finite, as far as that can be told. */
  readonly faultyNode?: FaultyNode | undefined;
  /** The outputs look like probabilities: in [0, 1], with a sum of 1. */
  readonly probabilities: boolean;
  /** The outputs look like probabilities of each class by itself: in [0, 1], with other sums. */
  readonly shares?: boolean | undefined;
  /** Largest difference between the logits of five passes over the same images. */
  readonly randomness: number;
  /** Why the input is probably given in a wrong way, and what would be a better one. */
  readonly input?: string | undefined;
}

export interface WarningContext {
  readonly classes: number;
  readonly check: NetworkCheck;
  /** The attacks that there are. */
  readonly list?: readonly AttackEntry[] | undefined;
  readonly groups?: readonly AttackGroup[] | undefined;
  /** Whether the network has gradients; true by default. */
  readonly gradients?: boolean | undefined;
  /** Whether an attack averages gradients over the randomness of the network. */
  readonly averages?: boolean | undefined;
  /** Images that are not on the 8-bit grid themselves, where examples have to be on it. */
  readonly offGrid?: number | undefined;
  /** All attacks that are asked for, also before any of them has begun. */
  readonly planned?: readonly PlannedAttack[] | undefined;
  /** A node that drops values as in training. */
  readonly dropsAt?: string | undefined;
  /** What the attacks have to say, in their order. */
  readonly notes?: readonly (readonly string[])[] | undefined;
  /** The images of the evaluation, by their index in the set. */
  readonly indices?: readonly number[] | undefined;
}

/** As AutoAttack's own check: below it, passes differ by rounding. */
const RANDOMNESS = 1e-4;
/** As AutoAttack's own check: two images in a thousand. */
const CONTROL_MARGIN = 0.002;

/** Whether passes over the same images differ by more than rounding. NaN, outputs that are no numbers, is told elsewhere. */
export function isRandom({ randomness }: Pick<NetworkCheck, 'randomness'>): boolean {
  return randomness > RANDOMNESS;
}

/** Signs that an evaluation's numbers should not be trusted, each with what to do. */
export function attackWarnings(evaluation: Evaluation, context: WarningContext): string[] {
  const { classes, check, list = [], groups = [], planned = [], notes = [] } = context;
  const aside = curveGroups({ groups });
  // A curve has the same attacks once more for each epsilon: they are compared, and speak, once.
  const counts = ({ group }: AttackOutcome): boolean => !aside.has(group);
  const compared = evaluation.attacks.filter(counts);
  return [
    ...(check.input === undefined ? accuracyWarning(evaluation, classes) : [check.input]),
    ...networkWarnings(check),
    ...randomnessWarning(check, context),
    ...ensembleWarnings(list, groups, classes),
    ...stepWarnings(planned.filter(({ group }) => !aside.has(group))),
    ...unboundedWarnings(compared),
    ...targetedWarning(compared),
    ...weakerWarnings(compared),
    ...unevenWarnings(compared),
    ...controlWarnings(compared),
    ...curveWarnings(evaluation, aside),
    ...invalidWarnings(evaluation),
    ...offGridWarning(evaluation, context),
    ...cleanNoNumberWarning(evaluation, context),
    ...noNumberWarnings(compared),
    ...noStartWarnings(compared),
    ...new Set(
      evaluation.attacks.flatMap((attack, n) =>
        counts(attack) ? (notes[n] ?? []).map((note) => `${attack.title}: ${note}`) : [],
      ),
    ),
  ];
}

function randomnessWarning(
  check: NetworkCheck,
  { averages, gradients = true, dropsAt }: WarningContext,
): string[] {
  if (!isRandom(check)) return [];
  const advice =
    averages === true || !gradients
      ? 'Compare several seeds.'
      : 'Use AutoAttack rand, or PGD with eotSamples, which average gradients; and compare several seeds.';
  const drops =
    dropsAt === undefined
      ? ''
      : ` It has a Dropout in training mode (node ${dropsAt}): unless that is a defence, export it after \`model.eval()\`.`;
  return [
    `The network's output is random: five passes over the same images differ by up to ${check.randomness.toPrecision(2)}. ` +
      `A single pass decides here whether an image counts as broken. ${advice}${drops}`,
  ];
}

/** What is wrong with ensembles on a network of so many classes, whatever they find. */
export function ensembleWarnings(
  list: readonly AttackEntry[],
  groups: readonly AttackGroup[],
  classes: number,
): string[] {
  const found = groups.flatMap(({ name }) => {
    const entry = entryOf(list, name);
    return entry?.kind === 'ensemble' ? (entry.fewClasses(classes) ?? []) : [];
  });
  return [...new Set(found), ...missingWarnings(groups)];
}

function missingWarnings(groups: readonly AttackGroup[]): string[] {
  return groups
    .filter(({ missing }) => missing.length > 0)
    .map(
      ({ title, missing }) =>
        `${title} is not the whole ensemble: ${missing.join(', ')} can't be carried out in this norm, so the ` +
        'robust accuracy may be too high. Do not compare it with results of the whole one.',
    );
}

/** With such attacks alone, the worst case is that nearly every image falls. */
function unboundedWarnings(attacks: readonly AttackOutcome[]): string[] {
  const unbounded = attacks.filter(hasNoBudget).map(({ title }) => title);
  if (unbounded.length === 0 || unbounded.length < attacks.length) return [];
  return [
    `For ${unbounded.join(', ')} a perturbation of any size counts, so the robust accuracy is not that of a budget. ` +
      'Look at the norms that it took, or give an epsilon.',
  ];
}

/** An attack that aims at one class leaves alone what falls to another: its robust accuracy is none of the network. */
function targetedWarning(attacks: readonly AttackOutcome[]): string[] {
  if (attacks.length === 0 || !attacks.every(({ parameters }) => isTargeted(parameters))) return [];
  return [
    'All attacks are targeted, so the robust accuracy is only the share of images that none of them moved from their ' +
      'labels on the way: add an untargeted attack to measure it. Look at the share that reached the target.',
  ];
}

/** White-box attacks know more than one without gradients; where that does better than they, gradients mislead them. */
function controlWarnings(attacks: readonly AttackOutcome[]): string[] {
  return attacks.flatMap((control, index) => {
    if (!control.definition.control || isTargeted(control.parameters)) return [];
    const whiteBox = attacks.filter(
      (other, n) =>
        !isBlackBox(other.definition) &&
        isSameTask(other, control) &&
        // In an ensemble, those after it have its successes in their results.
        (other.group !== control.group || n < index),
    );
    if (whiteBox.length === 0) return [];
    const before = Math.min(...whiteBox.map(({ robustAccuracy }) => robustAccuracy));
    const drop = before - control.robustAccuracy;
    if (drop <= CONTROL_MARGIN) return [];
    return [
      `${control.definition.title}, which uses no gradient, lowers the accuracy by ${(100 * drop).toFixed(1)} points more than the ` +
        'attacks that do: a sign of masked gradients. Look for quantisation, saturation or randomness in the ' +
        'network, and attack it with that part replaced or averaged over (an adaptive attack).',
    ];
  });
}

/** Whether two untargeted attacks have the same budget, and did the same images so far. */
function isSameTask(one: AttackOutcome, other: AttackOutcome): boolean {
  return (
    !isTargeted(one.parameters) &&
    normOf(one) === normOf(other) &&
    budgetOf(one) === budgetOf(other) &&
    // While an attack goes on it has come to other images than the one before it.
    one.images.length === other.images.length
  );
}

function accuracyWarning({ cleanAccuracy, count }: Evaluation, classes: number): string[] {
  const chance = 1 / classes;
  if (cleanAccuracy > chance + 0.1 * (1 - chance) || count < 20) return [];
  return [
    `The clean accuracy, ${percent(cleanAccuracy)}, is near chance (${percent(chance)}): there is hardly anything for ` +
      'attacks to break, and a robust accuracy says nothing.',
  ];
}

/** Attacks go on with a gradient that was mended; whether it leads anywhere nobody knows. */
function notFiniteWarning({ notFinite = 0, checked, gradientInside, faultyNode }: NetworkCheck): string[] {
  if (notFinite === 0) return [];
  const where = faultyNode ? `, from ${faultyNode.op} (node "${faultyNode.node}") on` : '';
  const inside = gradientInside
    ? 'At pixels that are 0 or 1 attacks take it 0.01 inside. Elsewhere an infinite entry'
    : 'In attacks an infinite entry';
  return [
    `The gradient is not finite for ${notFinite} of ${checked} images${where}. ${inside} counts as the largest finite ` +
      'one of the image, and NaN as 0: the robust accuracy may be too high. Look for a root, a power below 1, a ' +
      'logarithm or a division at 0 in the network, and keep its input away from 0, such as by sqrt(x + 1e-6); ' +
      'confirm the result with Square, which needs no gradient.',
  ];
}

function networkWarnings(check: NetworkCheck): string[] {
  const { zeroGradients, checked, probabilities, shares } = check;
  const warnings = notFiniteWarning(check);
  if (zeroGradients > 0) {
    warnings.push(
      `The gradient is exactly zero for ${zeroGradients} of ${checked} images, so gradient attacks can't move ` +
        'them: the robust accuracy is too high. Attack the logits before any softmax, quantisation or clipping.',
    );
  }
  if (shares) {
    warnings.push(
      "All of the network's outputs lie between 0 and 1, as behind a sigmoid, but they are taken for logits: gradients vanish " +
        'where it saturates, and robust accuracy comes out too high. If they are probabilities, say so by "outputs": ' +
        '"probabilities" in the sidecar beside the model, or by --outputs probabilities: attacks then take their logarithm.',
    );
  }
  if (probabilities) {
    warnings.push(
      "The network's outputs look like probabilities (none is below 0, and those of an image sum to 1), but they are taken " +
        'for logits: gradients of a softmax vanish, and robust accuracy comes out too high. Say so by "outputs": ' +
        '"probabilities" in the sidecar beside the model, or by --outputs probabilities: attacks then take their logarithm.',
    );
  }
  return warnings;
}

/** An attack that can't be stronger than another one, and is. */
function weakerWarnings(attacks: readonly AttackOutcome[]): string[] {
  const untargeted = attacks.filter(({ parameters }) => !isTargeted(parameters));
  return untargeted.flatMap((weak) =>
    untargeted
      .filter(
        (strong) =>
          strong.definition.name === weak.definition.weakerThan &&
          isSameTask(strong, weak) &&
          strong.robustAccuracy > weak.robustAccuracy,
      )
      .map(
        (strong) =>
          `${weak.title} breaks more images than ${strong.title}: a sign of masked gradients, or of too few or too ` +
          `small ${strong.definition.title} steps. Try more steps, restarts, or another step size.`,
      ),
  );
}

function invalidWarnings({ attacks }: Evaluation): string[] {
  return attacks
    .filter(({ invalid }) => invalid > 0)
    .map(
      ({ title, invalid }) =>
        `${invalid} examples of ${title} left the budget or [0, 1] and were not counted: a defect of the attack.`,
    );
}

/** Their own rounding is then part of the perturbation. */
function offGridWarning({ clean }: Evaluation, { offGrid = 0 }: WarningContext): string[] {
  if (offGrid === 0) return [];
  return [
    `${offGrid} of ${clean.length} clean images have values that 8 bits can't hold: rounding those costs up to 0.5/255 a ` +
      'value of the budget (in L0 each of them counts as changed), and an image whose budget has no 8-bit image in it counts ' +
      'as robust. Give the images as uint8, or attack without 8 bits.',
  ];
}

/** A larger budget holds every perturbation of a smaller one: an attack that does worse with it loses its way. */
function curveWarnings({ attacks, count }: Evaluation, curves: ReadonlySet<number>): string[] {
  const worstCase = worstCaseOf(attacks, curves);
  const fallen = (chosen: readonly AttackOutcome[]): Set<number> =>
    new Set(
      chosen.flatMap((attack) =>
        [...attack.images.slice(0, count).entries()].flatMap(([n, image]) =>
          isMoved(image) && worstCase.counts(attack, image.norm) ? [n] : [],
        ),
      ),
    );
  const asked = fallen(attacks.filter(({ group }) => worstCase.groups.has(group)));
  const more = [...fallen(attacks)].filter((n) => !asked.has(n)).length;
  if (more === 0) return [];
  return [
    `${more} image${more === 1 ? '' : 's'} withstood the attacks, but fell to a smaller epsilon of the curve, and so ` +
      'count as broken. A larger budget holds every smaller perturbation: the attacks lose their way within theirs. ' +
      'Use more or smaller steps, or restarts.',
  ];
}

/** Such an image counts as wrong; what is left is attacked all the same. */
function cleanNoNumberWarning({ clean }: Evaluation, { indices = [] }: WarningContext): string[] {
  const lost = clean.flatMap(({ loss }, n) => (Number.isNaN(loss) ? [indices[n] ?? n] : []));
  if (lost.length === 0) return [];
  const advice =
    lost.length === clean.length
      ? 'Look for weights that are NaN or too large, as after a training that diverged, or for a division by zero or a ' +
        'logarithm or root of a negative number in the network.'
      : 'Look for a division by zero, an overflow, or a logarithm or root of a negative number, in the network.';
  return [
    `The network's outputs for ${lost.length} of ${clean.length} clean images are no numbers (NaN): ` +
      `${nameImages(lost)}. They count as wrong, and are not attacked. ${advice}`,
  ];
}

/** What was never searched for says nothing about robustness. */
function noStartWarnings(attacks: readonly AttackOutcome[]): string[] {
  return attacks.flatMap(({ title, images, parameters }) => {
    const left = images.filter(({ noStart }) => noStart).map(({ index }) => index);
    if (left.length === 0) return [];
    return [
      `${title} found nothing to start from for ${nameImages(left)}: the network puts neither noise nor one of the ` +
        `first ${POOL_SIZE} images of the set into ${isTargeted(parameters) ? 'the class to reach' : 'another class'}. The attack left ` +
        `${left.length === 1 ? 'it as it is; it counts' : 'them as they are; they count'} as robust unchecked. ` +
        'Attack with logits or gradients as well, such as square or pgd.',
    ];
  });
}

/** A network that fails altogether is not robust, but it is not what one thinks of either. */
function noNumberWarnings(attacks: readonly AttackOutcome[]): string[] {
  return attacks.flatMap(({ title, images }) => {
    const count = images.filter(
      ({ label, cleanPrediction, loss, carriedFrom }) =>
        cleanPrediction === label && Number.isNaN(loss) && carriedFrom === undefined,
    ).length;
    if (count === 0) return [];
    return [
      `The network's outputs for ${count} example${count === 1 ? '' : 's'} of ${title} are no numbers (NaN). They count ` +
        'as misclassified. Look for a division by zero, an overflow, or a logarithm or root of a negative number, in the ' +
        'network.',
    ];
  });
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
