import { InvalidArgumentError } from 'commander';
import * as z from 'zod';
import { requestedAttack, type RequestedAttack } from '../../core/attacks/plan/attack-plan';
import { hasNorm, normOf, resolveAttack } from '../../core/attacks/plan/resolve-attack';
import { M2atError } from '../../core/errors';
import { didYouMean } from '../../core/experiment/did-you-mean';
import { describeIssue } from '../../core/experiment/describe-issue';
import { parseFraction } from '../../core/fraction';
import { readJson } from '../../core/files/json';
import { readError } from '../../core/files/open-for-reading';

/** What the command line says about the attacks. */
export interface AttackParameterFlags {
  readonly attack?: string[];
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

/** Without `--attack`. FGSM is an L-inf attack. */
const usual = (norm: string | undefined): string[] =>
  norm === undefined || norm === 'linf' ? ['fgsm', 'pgd'] : ['pgd'];

/** Parameters that each attack can have, by its name. */
const keysOf: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  requestedAttack.options.flatMap(({ shape }) => {
    const keys = new Set(Object.keys(shape).filter((key) => key !== 'name'));
    return z
      .union([z.string(), z.array(z.string())])
      .parse('options' in shape.name ? shape.name.options : shape.name.value)
      .toString()
      .split(',')
      .map((name): [string, ReadonlySet<string>] => [name, keys]);
  }),
);

export const attackNamesKnown: readonly string[] = [...keysOf.keys()].sort();

/** For commander: `fgsm,pgd`. */
export function attackNames(text: string): string[] {
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !keysOf.has(name));
  if (unknown !== undefined) {
    const meant = didYouMean(unknown, attackNamesKnown);
    throw new InvalidArgumentError(
      `"${unknown}" is none of: ${attackNamesKnown.join(', ')}.${meant === undefined ? '' : ` Did you mean ${meant}?`}`,
    );
  }
  return names;
}

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
  const [, key, value] = /^(\w+)=(.+)$/.exec(text) ?? [];
  if (key === undefined || value === undefined) {
    throw new InvalidArgumentError('It must be like queries=1000.');
  }
  const known: Readonly<Record<string, unknown>> = { true: true, false: false };
  const number = Number(value);
  const parsed = Object.hasOwn(known, value) ? known[value] : Number.isNaN(number) ? value : number;
  return { ...earlier, [key]: parsed };
}

/**
 * The attacks that flags ask for. A parameter goes to those that have it.
 * @throws M2atError `bad-input` for a value that is out of range, a parameter that none of them has, or an attack that
 * has another norm
 */
export function requestedAttacks(flags: AttackParameterFlags): RequestedAttack[] {
  const { norm, eps, stepSize, steps, restarts, targeted, target, attackVersion } = flags;
  const names = flags.attack ?? usual(norm);
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
  if (settings.some(([key, value]) => key === 'target' || (key === 'targeted' && value === true))) {
    names.forEach(assertTargetable);
  }
  for (const [key] of settings) {
    if (key === 'norm' || names.some((name) => keysOf.get(name)?.has(key))) continue;
    const meant = didYouMean(
      key,
      names.flatMap((name) => [...(keysOf.get(name) ?? [])]),
    );
    throw new M2atError('bad-input', `none of ${names.join(', ')} has the parameter ${key}`, {
      where: 'm2at attack',
      hint: `${meant === undefined ? '' : `Did you mean ${meant}? `}docs/attacks.md lists the parameters of every attack.`,
    });
  }
  return names.map((name) => {
    const own = settings.filter(([key]) => keysOf.get(name)?.has(key));
    const attack = parse({ name, ...Object.fromEntries(own) });
    assertNorm(attack, norm);
    return attack;
  });
}

/** Why some attacks can't aim at a class. */
const untargetable: ReadonlyMap<string, string> = new Map([
  [
    'autoattack',
    'Its members apgd-t and fab-t aim at one class after another, but count any error. They have targets when they are ' +
      'asked for by name: --attack apgd-ce,apgd-t,fab-t,square.',
  ],
  ['deepfool', 'It goes to the nearest boundary, of whatever class. Use fab, cw or apgd-t.'],
  ['spatial', 'It tries all its transformations, and no author aims them at a class. Use square.'],
]);

function assertTargetable(name: string): void {
  const hint = untargetable.get(name);
  if (hint === undefined) return;
  throw new M2atError('bad-input', `${name} has no targeted form`, { where: 'm2at attack', hint });
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

function parse(given: { readonly name: string }): RequestedAttack {
  const parsed = requestedAttack.safeParse(given);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.flatMap((issue) => describeIssue(issue, given));
  throw new M2atError(
    'bad-input',
    problems.map((problem) => `${problem.path.join('.')} ${problem.message}`).join('; '),
    { where: `attack ${given.name}`, hint: 'See m2at attack --help.' },
  );
}

/** An attack that has no choice of norms would take the epsilon for another one. */
function assertNorm(attack: RequestedAttack, norm: string | undefined): void {
  if (norm === undefined || 'norm' in attack) return;
  const own = hasNorm(attack) ? normOf(resolveAttack(attack)) : undefined;
  if (own === norm) return;
  throw new M2atError('bad-input', own ? `has the norm ${own}, not ${norm}` : `has no norm, so not ${norm}`, {
    where: `attack ${attack.name}`,
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
