import { InvalidArgumentError, Option } from 'commander';
import { settingValue } from '../../core/experiment/setting-text';
import type { Settings } from '../../core/experiment/set-settings';

export const setOption = (what: string): Option =>
  new Option('--set <path=value>', what).argParser(settingGiven);

/** `method.epsilon=4/255`: a dotted path, and a value as JSON or, where it is none, as text. */
export function settingGiven(text: string, earlier: Settings = {}): Settings {
  const at = text.indexOf('=');
  const path = text.slice(0, at).trim();
  if (at < 0 || path === '') throw new InvalidArgumentError('It must be like method.epsilon=4/255.');
  if (Object.hasOwn(earlier, path)) throw new InvalidArgumentError(`${path} is set twice.`);
  return Object.fromEntries([...Object.entries(earlier), [path, settingValue(text.slice(at + 1))]]);
}
