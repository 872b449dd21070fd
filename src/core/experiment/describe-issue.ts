import type * as z from 'zod';

export type FieldPath = readonly (string | number)[];

/** One problem of a value that failed validation, in words for the person who wrote the file. */
export interface FieldProblem {
  readonly path: FieldPath;
  readonly message: string;
}

/**
 * Turns a validation issue into problems: what is wrong, the value found, and what is allowed.
 * `root` is the value that was validated.
 */
export function describeIssue(issue: z.core.$ZodIssue, root: unknown): FieldProblem[] {
  const path = issue.path.filter((part): part is string | number => typeof part !== 'symbol');
  const found = valueAt(root, path);
  const got = found === undefined ? 'it is missing' : `got ${brief(found)}`;
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({ path: [...path, key], message: `is not a known key here` }));
    case 'invalid_type':
      return [{ path, message: `must be ${article(issue.expected)}; ${got}` }];
    case 'invalid_value':
      return [{ path, message: `must be ${oneOf(issue.values)}; ${got}` }];
    case 'too_small':
      return [{ path, message: `must be ${limit('at least', 'more than', issue)}; ${got}` }];
    case 'too_big':
      return [{ path, message: `must be ${limit('at most', 'less than', issue)}; ${got}` }];
    case 'invalid_union':
      if (isNoMatch(issue)) return [{ path, message: `must be ${oneOf(issue.options)}; ${got}` }];
      return [{ path, message: `${issue.message}; ${got}` }];
    default:
      return [{ path, message: issue.message }];
  }
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
