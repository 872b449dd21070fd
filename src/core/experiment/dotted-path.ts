import { isJsonObject, overlay, tags, type Json, type JsonObject } from './overlay';

/** Parts of a path: no experiment is nested deeper. */
const MAX_PARTS = 16;

/** An object with what was set in it, or what is wrong with the path: the end of a sentence that begins with the path. */
export type WithPath =
  | { readonly object: JsonObject; readonly problem?: undefined }
  | { readonly object?: undefined; readonly problem: string };

/**
 * The object with a value at a dotted path such as `method.epsilon`; a part that meets a list is an index in it, as in
 * `evaluation.final.attacks.0.epsilon`. Objects that are missing on the way are made. The value is laid over what is
 * there as {@link overlay} does: objects merge, and where `name`, `shape` or `policy` changes, the object begins anew.
 */
export function setAtPath(object: JsonObject, path: string, value: Json): WithPath {
  const parts = path.split('.');
  const problem = partsProblem(parts);
  if (problem !== undefined) return { problem };
  const over = overAt(object, parts, 0, value);
  return isJsonObject(over.value) ? { object: overlay(object, over.value) } : { problem: over.problem ?? '' };
}

/**
 * The same of several paths, whatever their order: what replaces an object comes before what is set in it.
 * @returns the first problem, with its path
 */
export function setAtPaths(
  object: JsonObject,
  values: readonly (readonly [path: string, value: Json])[],
): WithPath & { readonly path?: string } {
  let result = object;
  for (const [path, value] of inOrder(values)) {
    const set = setAtPath(result, path, value);
    if (set.problem !== undefined) return { problem: set.problem, path };
    result = set.object;
  }
  return { object: result };
}

function inOrder<Entry extends readonly [path: string, ...rest: unknown[]]>(
  values: readonly Entry[],
): readonly Entry[] {
  const depth = ([path]: Entry): number => {
    const parts = path.split('.');
    return parts.length - (tags.includes(parts.at(-1) ?? '') ? 0.5 : 0);
  };
  return values.length < 2 ? values : [...values].sort((a, b) => depth(a) - depth(b));
}

function partsProblem(parts: readonly string[]): string | undefined {
  if (parts.some((part) => part === '')) {
    return 'is no path: it has an empty part; write keys with a dot between them, such as "method.epsilon"';
  }
  if (parts.length > MAX_PARTS) return `has ${parts.length} parts; a path has at most ${MAX_PARTS}`;
  return parts.includes('__proto__')
    ? 'has the part "__proto__", which is no key of an experiment'
    : undefined;
}

type Over =
  | { readonly value: Json; readonly problem?: undefined }
  | { readonly value?: undefined; readonly problem: string };

/** What has to be laid over `below` so that the value stands at the path. @param at the part that is looked at */
function overAt(below: Json | undefined, parts: readonly string[], at: number, value: Json): Over {
  const part = parts[at];
  if (part === undefined) return { value };
  if (Array.isArray(below)) return inList(below, part, parts, at, value);
  if (below !== undefined && !isJsonObject(below)) {
    return {
      problem: `leads through "${parts.slice(0, at).join('.')}", which is ${JSON.stringify(below)} and no object`,
    };
  }
  const inner = overAt(below && Object.hasOwn(below, part) ? below[part] : undefined, parts, at + 1, value);
  return inner.value === undefined ? inner : { value: { [part]: inner.value } };
}

function inList(
  list: readonly Json[],
  part: string,
  parts: readonly string[],
  at: number,
  value: Json,
): Over {
  const index = /^\d{1,9}$/.test(part) ? Number(part) : -1;
  const element = list[index];
  if (element === undefined) {
    const name = parts.slice(0, at).join('.');
    const has = list.length === 0 ? 'is empty' : `has the entries 0 to ${list.length - 1}`;
    return { problem: `wants the entry "${part}" of the list "${name}", which ${has}` };
  }
  const inner = overAt(element, parts, at + 1, value);
  if (inner.value === undefined) return inner;
  const laid = overlay({ entry: element }, { entry: inner.value }).entry;
  return { value: list.map((each, n) => (n === index && laid !== undefined ? laid : each)) };
}
