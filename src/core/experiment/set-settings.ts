import { setAtPaths, type WithPath } from './dotted-path';
import { isJsonObject, type Json, type JsonObject } from './overlay';

/** What is changed in an experiment: values by dotted path such as `method.epsilon`. null: the default again. */
export type Settings = Readonly<Record<string, Json>>;

/**
 * An experiment with settings changed. What changes the kind of an object (another `method.name`) comes before what is set in
 * it, and drops the keys of the kind before.
 * @returns the first path that leads nowhere, and why
 */
export function withSettings(object: JsonObject, settings: Settings): WithPath & { readonly path?: string } {
  const entries = Object.entries(settings);
  const set = setAtPaths(
    object,
    entries.filter(([, value]) => value !== null),
  );
  let result = set.object;
  if (!result) return set;
  for (const [path] of entries.filter(([, value]) => value === null)) {
    const without = withoutPath(result, path.split('.'));
    if (!without) return { problem: 'is not set here, so there is nothing to take out', path };
    result = without;
  }
  return { object: result };
}

/** Undefined where nothing is at the path, or it leads through a list. */
function withoutPath(object: JsonObject, [part = '', ...rest]: readonly string[]): JsonObject | undefined {
  const below = Object.hasOwn(object, part) ? object[part] : undefined;
  if (below === undefined) return undefined;
  if (rest.length === 0) return Object.fromEntries(Object.entries(object).filter(([key]) => key !== part));
  const inner = isJsonObject(below) ? withoutPath(below, rest) : undefined;
  return inner && { ...object, [part]: inner };
}

/** Characters of an experiment's name. */
const LONGEST_NAME = 100;
const SETTING = /, ([\w.]+)=((?:[^,]|,(?! [\w.]+=))*)/y;

/**
 * The name of a run that differs from another one by some settings: `fast, epsilon=4/255, seed=2`. What the other's name says
 * of the same settings is replaced.
 */
export function changedName(name: string, settings: Settings): string {
  const [head, earlier] = takenApart(name);
  const paths = Object.keys(settings);
  const said = new Map(earlier);
  for (const path of paths) {
    const last = path.slice(path.lastIndexOf('.') + 1);
    const isUnique = paths.filter((other) => other === last || other.endsWith(`.${last}`)).length === 1;
    said.delete(last);
    said.set(isUnique ? last : path, valueText(settings[path]));
  }
  const texts = [...said].map(([key, value]) => `, ${key}=${value}`);
  const whole = head + texts.join('');
  if (whole.length <= LONGEST_NAME) return whole;
  const more = `, ${texts.length} settings differ`;
  return `${head.slice(0, LONGEST_NAME - more.length)}${more}`;
}

function valueText(value: Json | undefined): string {
  if (value === null) return 'default';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 30 ? `${text.slice(0, 29)}…` : text;
}

/** What comes before the settings in a name, and the settings. */
function takenApart(name: string): [head: string, settings: [key: string, value: string][]] {
  for (let at = 0; (at = name.indexOf(', ', at)) >= 0; at++) {
    const settings: [string, string][] = [];
    SETTING.lastIndex = at;
    let end = at;
    for (let match = SETTING.exec(name); match; match = SETTING.exec(name)) {
      settings.push([match[1] ?? '', match[2] ?? '']);
      end = SETTING.lastIndex;
    }
    if (end === name.length) return [name.slice(0, at), settings];
  }
  return [name, []];
}
