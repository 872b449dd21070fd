import type { AttackReport } from '../../src/core/records/run-files';
import { withoutKeys } from '../../src/core/without-keys';
import { hasNorm, isMinimalNorm, normOf } from '../../src/core/attacks/parameters/known-attack';
import { known } from './attack-norm';
import * as format from './format';

type Attack = AttackReport['attacks'][number];

/**
 * Parameters that say nothing at these values: the attack does without what they count, or its loss is the usual one (where
 * it is not, the title has it).
 */
const neutral: Readonly<Record<string, unknown>> = {
  ...{ restarts: 1, momentum: 0, eotSamples: 1 },
  loss: 'cross-entropy',
};

/** How parameters read that have a usual short form; all others are words: `initial share 0.8`. */
const short: Readonly<Record<string, (value: unknown) => string>> = {
  norm: String,
  epsilon: (value) => `eps ${amount(value)}`,
  stepSize: (value) => `step ${amount(value)}`,
  steps: (value) => format.counted(Number(value), 'step'),
  restarts: (value) => format.counted(Number(value), 'restart'),
  randomStart: (value) => (value === true ? 'random start' : 'no random start'),
};

/** The parameters of an attack as short text: `linf, eps 8/255, step 2/255, 20 steps, random start`. */
export function attackText(attack: Pick<Attack, 'definition' | 'parameters'>): string {
  const parameters = withoutKeys(attack.parameters, ['name']);
  const bare = !('norm' in parameters) && !('stepSize' in parameters);
  // A budget that stands alone says what it is measured in.
  const isPlain = bare && hasNorm(known(attack)) && !isMinimalNorm(known(attack));
  const all: Readonly<Record<string, unknown>> = isPlain
    ? { norm: normOf(known(attack)), ...parameters }
    : parameters;
  const first = Object.keys(short).filter((key) => key in all);
  // `targeted` and `target next` say the same.
  const said = 'target' in all && all.target !== 'next' ? 'targeted' : 'target';
  const rest = Object.keys(all).filter((key) => !(key in short) && key !== said);
  return [...first, ...rest].flatMap((key) => described(key, all[key])).join(', ');
}

function described(key: string, value: unknown): string[] {
  if (value === undefined || neutral[key] === value) return [];
  const known = short[key];
  if (known) return [known(value)];
  if (value === false) return [];
  const words = key.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return [value === true ? words : `${words} ${amount(value)}`];
}

/** A parameter's value: `8/255`, `0.75`, `yes`. */
export function shown(value: unknown): string {
  return typeof value === 'boolean' ? (value ? 'yes' : 'no') : amount(value);
}

function amount(value: unknown): string {
  if (typeof value === 'number') {
    // A share of 0.8 is no number of grey levels, though 204/255 is the same.
    const short = Number(value.toPrecision(4));
    return short === value ? String(value) : format.budget(value);
  }
  return typeof value === 'string' ? value : JSON.stringify(value);
}
