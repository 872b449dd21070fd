import type { FieldPath } from './describe-issue';

/** A place in an experiment for a message: `runs[1].method.epsilon`. */
export function fieldName(path: FieldPath): string {
  return path.reduce<string>(
    (name, part) => (typeof part === 'number' ? `${name}[${part}]` : name ? `${name}.${part}` : part),
    '',
  );
}
