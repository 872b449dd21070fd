import { InvalidArgumentError } from 'commander';
import * as z from 'zod';
import type { Settings } from '../../core/experiment/set-settings';

const json = z.json();

/** `method.epsilon=4/255`: a dotted path, and a value as JSON or, where it is none, as text. */
export function settingGiven(text: string, earlier: Settings = {}): Settings {
  const at = text.indexOf('=');
  const path = text.slice(0, at).trim();
  if (at < 0 || path === '') throw new InvalidArgumentError('It must be like method.epsilon=4/255.');
  if (Object.hasOwn(earlier, path)) throw new InvalidArgumentError(`${path} is set twice.`);
  return Object.fromEntries([...Object.entries(earlier), [path, valueOf(text.slice(at + 1))]]);
}

function valueOf(text: string): z.output<typeof json> {
  try {
    return json.parse(JSON.parse(text));
  } catch {
    return text;
  }
}
