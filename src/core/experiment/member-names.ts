import { printable, shortened } from '../printable';
import { isJsonObject, tags, type Json } from './overlay';

/** Characters of a value in a name. */
const LONGEST_VALUE = 24;
/** Of a path that has no shorter end of its own. */
const LONGEST_PATH = 40;
/** Of a name. */
const LONGEST_NAME = 60;

/** The setting of one path in a run of a sweep. */
export interface NamedValue {
  readonly path: string;
  readonly value: Json;
}

/**
 * Short names for the runs of a sweep, each its own, made of what differs: `epsilon=4/255, seed=1`.
 * @param members what each sets; the paths are those of the first
 */
export function memberNames(members: readonly (readonly NamedValue[])[]): string[] {
  const [first = []] = members;
  const columns = first.map((_, column) => {
    const values = members.map((member) => member[column]?.value ?? null);
    const texts = new Map<string, Json>(values.map((value) => [JSON.stringify(value), value]));
    return { differs: texts.size > 1, texts: valueTexts(texts) };
  });
  // Where nothing differs, a name says what is set.
  const some = columns.some(({ differs }) => differs);
  const ends = shortPaths(first.filter((_, n) => !some || columns[n]?.differs).map(({ path }) => path));
  const names = members.map((member) =>
    member
      .flatMap(({ path, value }, n) => {
        const column = columns[n];
        if (!column || (some && !column.differs)) return [];
        return [`${ends.get(path) ?? path}=${column.texts.get(JSON.stringify(value)) ?? ''}`];
      })
      .join(', '),
  );
  return distinct(names);
}

/** The end of each path that no other one has: its last part, where that is enough. */
function shortPaths(paths: readonly string[]): ReadonlyMap<string, string> {
  const end = (path: string, parts: number): string => path.split('.').slice(-parts).join('.');
  return new Map(
    paths.map((path) => {
      let parts = 1;
      const isShared = (): boolean =>
        paths.some((other) => other !== path && end(other, parts) === end(path, parts));
      // A number alone says nothing: it is the place in a list.
      while (parts < path.split('.').length && (isShared() || /^\d/.test(end(path, parts)))) parts++;
      return [path, shortened(printable(end(path, parts)), LONGEST_PATH)];
    }),
  );
}

/** Each value as a text, by its JSON; values that differ have texts that differ. */
function valueTexts(values: ReadonlyMap<string, Json>): ReadonlyMap<string, string> {
  const short = [...values.values()].map((value) => tagOf(value) ?? plain(value));
  const areTold = new Set(short).size === short.length;
  const texts = distinct(areTold ? short : [...values.values()].map(plain), LONGEST_VALUE);
  return new Map([...values.keys()].map((key, n) => [key, texts[n] ?? key]));
}

function plain(value: Json): string {
  return printable(typeof value === 'string' ? value : JSON.stringify(value));
}

/** What an object is called that is one of several kinds. */
function tagOf(value: Json): string | undefined {
  if (!isJsonObject(value)) return undefined;
  const tag = tags.map((key) => value[key]).find((named) => typeof named === 'string');
  return tag === undefined ? undefined : printable(tag);
}

/** Texts of at most so many characters; of those that would be alike, all but the first end in a number. */
function distinct(texts: readonly string[], most = LONGEST_NAME): string[] {
  const taken = new Set<string>();
  return texts.map((text, index) => {
    let name = shortened(text, most);
    for (let n = index + 1; taken.has(name); n++) {
      const end = `#${n}`;
      name = `${shortened(text, most - end.length)}${end}`;
    }
    taken.add(name);
    return name;
  });
}
