import * as z from 'zod';
import { isPrintable } from '../printable';
import type { Json } from './overlay';

const json = z.json();

/** What somebody typed as a setting's value: JSON or, where it is none, text. `4/255` and `"4/255"` are the same. */
export function settingValue(text: string): Json {
  try {
    return json.parse(JSON.parse(text));
  } catch {
    return text;
  }
}

/** A value as {@link settingValue} reads it, as short as can be. */
export function settingText(value: Json): string {
  if (typeof value !== 'string') return JSON.stringify(value);
  return isPrintable(value) && settingValue(value) === value ? value : JSON.stringify(value);
}
