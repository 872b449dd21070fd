import type { Node } from 'jsonc-parser';
import type { FieldPath } from './describe-issue';

/** Keys that an object has more than once: of two values only one could count. */
export function duplicateKeys(node: Node, path: FieldPath = []): { path: FieldPath; key: Node }[] {
  const children = node.children ?? [];
  if (node.type === 'array') return children.flatMap((child, at) => duplicateKeys(child, [...path, at]));
  if (node.type !== 'object') return [];
  const seen = new Set<string>();
  return children.flatMap(({ children: property }) => {
    const [key, value] = property ?? [];
    if (!key) return [];
    const name = String(key.value);
    const here: FieldPath = [...path, name];
    const twice = seen.has(name) ? [{ path: here, key }] : [];
    seen.add(name);
    return [...twice, ...(value ? duplicateKeys(value, here) : [])];
  });
}
