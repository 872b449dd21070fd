import type { Node } from 'jsonc-parser';

/** The value of a syntax tree, null where the text has none yet; the library's own `getNodeValue` is typed `any`. */
export function treeValue(node: Node): unknown {
  switch (node.type) {
    case 'object': {
      const entries = (node.children ?? []).map(({ children }): [string, unknown] => {
        const [key, value] = children ?? [];
        return [String(key?.value), value ? treeValue(value) : null];
      });
      // fromEntries defines own properties, so a key named __proto__ is data and nothing more.
      return Object.fromEntries(entries);
    }
    case 'array':
      return (node.children ?? []).map(treeValue);
    default:
      return node.value as unknown;
  }
}
