import { InvalidArgumentError } from 'commander';
import * as z from 'zod';
import type { AttackEntry } from '../../core/attacks/base/define-attack';
import type { AttackParameters } from '../../core/attacks/parameters/attack-parameters';
import type { AttackPreset } from '../../core/attacks/plan/attack-presets';
import { entryOf } from '../../core/attacks/plan/attack-list';
import { requestedAttack } from '../../core/attacks/plan/attack-plan';
import { usualAttacks } from '../../core/attacks/plan/usual-attacks';
import { M2atError } from '../../core/errors';
import { settingValue } from '../../core/experiment/setting-text';
import { didYouMean } from '../../core/experiment/did-you-mean';
import { describeIssue } from '../../core/experiment/describe-issue';
import { parseFraction } from '../../core/fraction';
import { readJson } from '../../core/files/json';
import { readError } from '../../core/files/open-for-reading';

/** What the command line says about the attacks. */
export interface AttackParameterFlags {
  readonly attack?: string[];
  /** Sets of attacks with all their parameters: the other flags are about those of `attack`. */
  readonly preset?: readonly AttackPreset[];
  /** Beside them nothing is attacked unless it is named. */
  readonly corruptions?: readonly string[];
  readonly attackVersion?: string;
  readonly norm?: string;
  readonly eps?: string;
  readonly stepSize?: string;
  readonly steps?: number;
  readonly restarts?: number;
  readonly targeted?: true;
  /** A rule, a class, or the name of a `.npy` with classes. */
  readonly target?: string;
  /** Other parameters, by name. */
  readonly set?: Readonly<Record<string, unknown>>;
}

type Attacks = readonly AttackEntry[];

/** Without `--attack`: those that can have the norm. */
function usual(attacks: Attacks, norm: string | undefined): string[] {
  const names = usualAttacks.final.map(({ name }) => name);
  return names.filter((name) => norm === undefined || !isOfOtherNorm(entryOf(attacks, name), norm));
}

/** Parameters that an attack can have. */
function keysOf(attacks: Attacks, name: string): string[] {
  return Object.keys(entryOf(attacks, name)?.parameters.shape ?? {}).filter((key) => key !== 'name');
}

export function attackNamesKnown(attacks: Attacks): string[] {
  return attacks.map(({ name }) => name).sort();
}

/** For commander: `fgsm,pgd`. */
export const attackNames =
  (attacks: Attacks) =>
  (text: string): string[] => {
    const known = attackNamesKnown(attacks);
    const names = text.split(',').map((name) => name.trim());
    const unknown = names.find((name) => !known.includes(name));
    if (unknown !== undefined) {
      const meant = didYouMean(unknown, known);
      throw new InvalidArgumentError(
        `"${unknown}" is none of: ${known.join(', ')}.${meant === undefined ? '' : ` Did you mean ${meant}?`}`,
      );
    }
    return names;
  };

/** For commander: `1/255,2/255,0.05`. */
export function epsilonList(text: string): number[] {
  return text.split(',').map((part) => {
    const value = parseFraction(part);
    if (value !== undefined && value >= 0 && Number.isFinite(value)) return value;
    throw new InvalidArgumentError(
      `"${part.trim()}" is no epsilon; expected a list such as 1/255,2/255,4/255,8/255.`,
    );
  });
}

/** For commander: `queries=1000`, once or several times. */
export function parameterSetting(
  text: string,
  earlier: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  const [, key, value] = /^([\w.]+)=(.+)$/.exec(text) ?? [];
  if (key === undefined || value === undefined) {
    throw new InvalidArgumentError('It must be like queries=1000.');
  }
  // A path is of --like, whose values are JSON.
  if (key.includes('.')) return { ...earlier, [key]: settingValue(value) };
  const known: Readonly<Record<string, unknown>> = { true: true, false: false };
  const number = Number(value);
  const parsed = Object.hasOwn(known, value) ? known[value] : Number.isNaN(number) ? value : number;
  return { ...earlier, [key]: parsed };
}

/**
 * The attacks that flags ask for: those of presets as they are, then the named ones. A parameter goes to those of them that
 * have it.
 * @throws M2atError `bad-input` for a value that is out of range, a parameter that none of them has, or an attack that
 * has another norm; for a parameter beside presets alone
 */
export function requestedAttacks(attacks: Attacks, flags: AttackParameterFlags): AttackParameters[] {
  const { norm, eps, stepSize, steps, restarts, targeted, target, attackVersion } = flags;
  const { preset, corruptions } = flags;
  const names = flags.attack ?? (preset || corruptions ? [] : usual(attacks, norm));
  const named = Object.entries({
    version: attackVersion,
    norm,
    epsilon: plainNumber(eps),
    stepSize,
    steps,
    restarts,
    targeted,
    target: target === undefined ? undefined : targetOf(target),
  }).filter(([, value]) => value !== undefined);
  const twice = named.find(([key]) => Object.hasOwn(flags.set ?? {}, key));
  if (twice) {
    throw new M2atError('bad-input', `${twice[0]} is given by a flag of its own and by --set`, {
      where: 'm2at attack',
      hint: 'Leave one of them out.',
    });
  }
  const settings = [...named, ...Object.entries(flags.set ?? {})];
  const [first] = settings;
  if (first && names.length === 0 && !preset) {
    throw new M2atError('bad-input', `${first[0]} is about attacks, and none is asked for`, {
      where: 'm2at attack --corruptions',
      hint: 'Beside --corruptions attacks have to be named, such as --attack pgd.',
    });
  }
  if (first && names.length === 0) {
    throw new M2atError('bad-input', `${first[0]} is given, and a preset states its parameters itself`, {
      where: 'm2at attack --preset',
      hint: 'Name the attack instead, such as --attack pgd; beside --preset, parameters are about the attacks of --attack.',
    });
  }
  if (settings.some(([key, value]) => key === 'target' || (key === 'targeted' && value === true))) {
    for (const name of names) assertTargetable(entryOf(attacks, name));
  }
  for (const [key] of settings) {
    if (key === 'norm' || names.some((name) => keysOf(attacks, name).includes(key))) continue;
    const meant = didYouMean(
      key,
      names.flatMap((name) => keysOf(attacks, name)),
    );
    throw new M2atError('bad-input', `none of ${names.join(', ')} has the parameter ${key}`, {
      where: 'm2at attack',
      hint: `${meant === undefined ? '' : `Did you mean ${meant}? `}docs/attacks.md lists the parameters of every attack.`,
    });
  }
  const chosen = (preset ?? []).flatMap((one) => one.attacks.map((attack) => parse(attacks, attack)));
  const asked = names.map((name) => {
    const own = settings.filter(([key]) => keysOf(attacks, name).includes(key));
    const attack = parse(attacks, { name, ...Object.fromEntries(own) });
    assertNorm(entryOf(attacks, name), norm);
    return attack;
  });
  return [...chosen, ...asked];
}

function assertTargetable(entry: AttackEntry | undefined): void {
  if (!entry || 'targeted' in entry.parameters.shape) return;
  const { name, untargeted: hint } = entry;
  throw new M2atError('bad-input', `${name} has no targeted form`, {
    where: 'm2at attack',
    ...(hint && { hint }),
  });
}

/** The parameter for `--target`: a file of classes is read by whoever starts the attack. */
function targetOf(text: string): string | number {
  if (isTargetFile(text)) return 'file';
  return /^\d+$/.test(text) ? Number(text) : text;
}

/** Whether `--target` names a file of classes. */
export function isTargetFile(text: string | undefined): text is string {
  return text !== undefined && /\.npy$/i.test(text);
}

/** A count of changed values (L0) is a number, and no fraction such as 8/255; whatever is no plain number stays. */
function plainNumber(text: string | undefined): string | number | undefined {
  return text !== undefined && /^\s*\d+(\.\d+)?\s*$/.test(text) ? Number(text) : text;
}

function parse(attacks: Attacks, given: { readonly name: string }): AttackParameters {
  const parsed = requestedAttack(attacks).safeParse(given);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.flatMap((issue) => describeIssue(issue, given));
  throw new M2atError(
    'bad-input',
    problems.map((problem) => `${problem.path.join('.')} ${problem.message}`).join('; '),
    { where: `attack ${given.name}`, hint: 'See m2at attack --help.' },
  );
}

/** Whether an attack has no choice of norms, and another one. */
function isOfOtherNorm(entry: AttackEntry | undefined, norm: string): boolean {
  return entry?.kind === 'attack' && !('norm' in entry.parameters.shape) && entry.norms[0] !== norm;
}

/** An attack that has no choice of norms would take the epsilon for another one. */
function assertNorm(entry: AttackEntry | undefined, norm: string | undefined): void {
  if (norm === undefined || entry?.kind !== 'attack' || !isOfOtherNorm(entry, norm)) return;
  const [own] = entry.norms;
  throw new M2atError('bad-input', own ? `has the norm ${own}, not ${norm}` : `has no norm, so not ${norm}`, {
    where: `attack ${entry.name}`,
    hint: 'Leave --norm out, or the attack.',
  });
}

const listOfIndices = z.array(z.int().min(0));
/** A list of a million indices has some 8 MB. */
const MAX_LIST_BYTES = 2 ** 25;

/** Reads a JSON list of indices. @throws M2atError `bad-input` */
export async function readIndices(file: string): Promise<number[]> {
  const hint = 'Expected a JSON list of whole numbers, such as [0, 17, 4].';
  const options = { code: 'bad-input', hint } as const;
  const json = await readJson(file, MAX_LIST_BYTES, options).catch((error: unknown) => {
    throw readError(error, file, options);
  });
  const parsed = listOfIndices.safeParse(json);
  if (parsed.success) return parsed.data;
  const [problem] = parsed.error.issues.flatMap((issue) => describeIssue(issue, json));
  throw new M2atError(
    'bad-input',
    `${problem?.path.join('.') ?? ''} ${problem?.message ?? 'is no list'}`.trim(),
    {
      where: file,
      hint,
    },
  );
}
