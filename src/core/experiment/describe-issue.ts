import type * as z from 'zod';
import { multiLabelSets } from '../data/sets/medmnist/multi-label';
import { didYouMean } from './did-you-mean';

/** Of unknown keys more are not told. */
const MAX_KEYS = 100;

export type FieldPath = readonly (string | number)[];

/** One problem of a value that failed validation, in words for the person who wrote the file. */
export interface FieldProblem {
  readonly path: FieldPath;
  readonly message: string;
  /** The key at the path is unknown, nothing is there, or the value is wrong; absent: the value. */
  readonly kind?: 'unknown-key' | 'missing';
  /** What was probably meant instead of the key or, for a wrong value, of the value. */
  readonly suggestion?: string;
}

/**
 * Turns a validation issue into problems: what is wrong, the value found, and what is allowed.
 * @param root the value that was validated
 * @param keysAt the keys that an object at a path may have, where they are known
 */
export function describeIssue(
  issue: z.core.$ZodIssue,
  root: unknown,
  keysAt: (path: FieldPath) => readonly string[] = () => [],
): FieldProblem[] {
  const problems = describe(issue, root, keysAt);
  if (issue.code === 'unrecognized_keys') return problems;
  return problems.map((problem) =>
    valueAt(root, problem.path) === undefined ? { ...problem, kind: 'missing' } : problem,
  );
}

/** That a key is unknown, and which one was meant or could be. */
export function unknownKey(path: FieldPath, known: readonly string[]): FieldProblem {
  const suggestion = didYouMean(String(path.at(-1)), known);
  const remedy =
    suggestion !== undefined
      ? `; did you mean "${suggestion}"?`
      : known.length > 0
        ? `; known are ${known.map((key) => `"${key}"`).join(', ')}`
        : '';
  return {
    path,
    message: `is not a known key here${remedy}`,
    kind: 'unknown-key',
    ...(suggestion !== undefined && { suggestion }),
  };
}

function describe(
  issue: z.core.$ZodIssue,
  root: unknown,
  keysAt: (path: FieldPath) => readonly string[],
): FieldProblem[] {
  const path = issue.path.filter((part): part is string | number => typeof part !== 'symbol');
  const found = valueAt(root, path);
  const got = found === undefined ? 'it is missing' : `got ${brief(found)}`;
  switch (issue.code) {
    case 'unrecognized_keys':
      return unknownKeys(issue.keys.slice(0, MAX_KEYS), path, keysAt(path));
    case 'invalid_type':
      return [{ path, message: `must be ${article(issue.expected)}; ${got}` }];
    case 'invalid_value':
      return [wrongValue(path, issue.values, found, got)];
    case 'too_small':
      return [{ path, message: `must be ${limit('at least', 'more than', issue)}; ${got}` }];
    case 'too_big':
      return [{ path, message: `must be ${limit('at most', 'less than', issue)}; ${got}` }];
    case 'invalid_union': {
      if (typeof found === 'string' && multiLabelSets.has(found)) {
        return [{ path, message: `${JSON.stringify(found)} ${multiLabelSets.get(found) ?? ''}` }];
      }
      if (isNoMatch(issue)) return [wrongValue(path, issue.options, found, got)];
      const listed = issue.errors.flatMap((branch) =>
        branch.flatMap((inner) =>
          inner.code === 'invalid_value' && inner.path.length === 0 ? inner.values : [],
        ),
      );
      if (typeof found === 'string' && listed.length > 1) return [wrongValue(path, listed, found, got)];
      const [own, ...others] = issue.errors.filter((branch) => !branch.some(isOfOtherType));
      if (own && others.length === 0) {
        return own.flatMap((inner) =>
          describe({ ...inner, path: [...issue.path, ...inner.path] }, root, keysAt),
        );
      }
      return [{ path, message: `${issue.message}; ${got}` }];
    }
    default:
      return [{ path, message: issue.message }];
  }
}

function unknownKeys(keys: readonly string[], path: FieldPath, known: readonly string[]): FieldProblem[] {
  return keys.map((key) => unknownKey([...path, key], known));
}

function wrongValue(path: FieldPath, values: readonly unknown[], found: unknown, got: string): FieldProblem {
  const texts = values.filter((value) => typeof value === 'string');
  const suggestion = typeof found === 'string' ? didYouMean(found, texts) : undefined;
  // Where there is only one value, it is named already.
  const question = suggestion === undefined || values.length === 1 ? '' : `; did you mean "${suggestion}"?`;
  return {
    path,
    message: `must be ${oneOf(values)}; ${got}${question}`,
    ...(suggestion !== undefined && { suggestion }),
  };
}

/** A value that a branch of a union is not even of the type of. */
function isOfOtherType({ code, path }: z.core.$ZodIssue): boolean {
  return path.length === 0 && (code === 'invalid_type' || code === 'invalid_value');
}

/** A union told apart by a tag, whose value is none of the known ones. */
function isNoMatch(
  issue: z.core.$ZodIssueInvalidUnion,
): issue is z.core.$ZodIssueInvalidUnion & { options: unknown[] } {
  return 'options' in issue && Array.isArray(issue.options);
}

function limit(
  inclusive: string,
  exclusive: string,
  issue: { inclusive?: boolean; minimum?: number | bigint; maximum?: number | bigint; origin: string },
): string {
  const bound = String(issue.minimum ?? issue.maximum);
  const words = `${issue.inclusive === false ? exclusive : inclusive} ${bound}`;
  if (issue.origin === 'array') return `a list of ${words} entries`;
  if (issue.origin === 'string') return `text of ${words} characters`;
  return words;
}

function article(expected: string): string {
  const names: Record<string, string> = {
    int: 'a whole number',
    number: 'a number',
    string: 'text',
    boolean: 'true or false',
    array: 'a list',
    object: 'an object',
    record: 'an object',
  };
  return names[expected] ?? expected;
}

function oneOf(values: readonly unknown[]): string {
  const texts = values.map((value) => JSON.stringify(value));
  return texts.length === 1 ? (texts[0] ?? '') : `one of ${texts.join(', ')}`;
}

function brief(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

function valueAt(root: unknown, path: FieldPath): unknown {
  return path.reduce<unknown>(
    (value, part) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, part)
        ? (value as Record<string | number, unknown>)[part]
        : undefined,
    root,
  );
}
