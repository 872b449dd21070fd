import type { FieldProblem } from './describe-issue';
import { fieldName } from './field-name';
import { tags } from './overlay';
import type { SweptValue } from './sweep';

/**
 * A problem of a run that comes from a value of its sweep, at the place of that value, or of its path where the path leads
 * to nothing; undefined for one that comes from none.
 */
export function atSweptValue(problem: FieldProblem, values: readonly SweptValue[]): FieldProblem | undefined {
  const path = problem.path.map(String);
  // The one that says most of the path is nearest.
  const nearest = values
    .map((value) => ({ value, parts: value.path.split('.') }))
    .sort((a, b) => b.parts.length - a.parts.length);
  const found = nearest.find(({ parts }) => startsWith(path, parts));
  if (problem.kind === 'unknown-key') {
    const onTheWay = nearest.find(({ parts }) => startsWith(parts, path));
    if (onTheWay) return wrongPath(problem, onTheWay.value, path.length);
  }
  if (found) {
    const { value, parts } = found;
    return { ...problem, path: [...value.place, ...problem.path.slice(parts.length)] };
  }
  // Another kind of object needs other keys.
  const tagged = nearest.find(
    ({ parts }) =>
      tags.includes(parts.at(-1) ?? '') && parts.length > 1 && startsWith(path, parts.slice(0, -1)),
  );
  if (!tagged) return undefined;
  return {
    path: tagged.value.place,
    message: `makes ${fieldName(problem.path)} wrong: it ${problem.message}`,
  };
}

/** A path whose so many first parts lead to no known key. */
function wrongPath(problem: FieldProblem, { path, place }: SweptValue, count: number): FieldProblem {
  const { suggestion, ...rest } = problem;
  const key = { ...rest, path: place.slice(0, -1) };
  if (suggestion === undefined) return key;
  const parts = path.split('.');
  const meant = [...parts.slice(0, count - 1), suggestion, ...parts.slice(count)].join('.');
  return { ...key, message: `leads to no known key; did you mean "${meant}"?`, suggestion: meant };
}

function startsWith(path: readonly string[], parts: readonly string[]): boolean {
  return parts.length <= path.length && parts.every((part, n) => path[n] === part);
}
