import * as z from 'zod';
import { M2atError } from '../../core/errors';
import type { Settings } from '../../core/experiment/set-settings';
import type { ComputeFlags } from './common';

interface AgainFlags extends ComputeFlags {
  readonly resume?: string;
  readonly like?: string;
  readonly set?: Readonly<Record<string, unknown>>;
}

const settings = z.record(z.string(), z.json());

/** What `--set`, `--device` and `--threads` change in an attack that is done again. */
export function settingsGiven({ set, device, threads }: AgainFlags): Settings {
  return {
    ...settings.parse(set ?? {}),
    ...(device !== undefined && { device }),
    ...(threads !== undefined && { threads }),
  };
}

/** What a resumed run does was decided when it began; one like another says it with `--set`. */
const ALONGSIDE = new Set([
  'resume',
  'like',
  'device',
  'threads',
  'ignoreMemory',
  'root',
  'failUnder',
  'json',
]);

/** @throws M2atError `bad-input` for a flag that says what a new attack does */
export function assertNothingElse(flags: AgainFlags): void {
  const isLike = flags.like !== undefined;
  const others = Object.entries(flags).filter(
    ([key, value]: [string, unknown]) =>
      value !== undefined &&
      !ALONGSIDE.has(key) &&
      !(key === 'set' && isLike) &&
      !(key === 'probe' && value === true),
  );
  if (others.length === 0) return;
  const names = others.map(([key]) => flagOf(key)).join(', ');
  if (isLike) {
    throw new M2atError('bad-input', `${names} can't be given with --like`, {
      where: 'm2at attack --like',
      hint: 'Change what the attack does with --set, such as --set attacks.0.epsilon=4/255.',
    });
  }
  throw new M2atError('bad-input', `${names} can't be changed when an attack is resumed`, {
    where: 'm2at attack --resume',
    hint: 'It goes on with what it began with. Start a new attack for anything else.',
  });
}

/** `stepSize` as `--step-size`. */
export function flagOf(key: string): string {
  if (key === 'n') return '-n';
  if (key === 'probe') return '--no-probe';
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
