import { findNodeAtLocation, getLocation, type Node } from 'jsonc-parser';
import type { ExperimentLists } from '../../core/experiment/experiment-schema';
import { experimentTree, textProblem } from '../../core/experiment/experiment-tree';
import { knownPlace, type KnownPlace, type KnownValue } from '../../core/experiment/known-places';
import { isJsonObject, type JsonObject } from '../../core/experiment/overlay';
import { treeValue } from '../../core/experiment/tree-value';

/** What may be written at a place of an experiment file. Offsets are in UTF-16 units. */
export interface Completion {
  /** As it stands in the file: a key in quotes, or a value. */
  readonly label: string;
  /** Snippet: `$1` and `${1:text}` are places to type at. */
  readonly snippet: string;
  readonly kind: 'key' | 'value';
  readonly detail?: string;
  readonly description?: string;
  /** What it replaces. */
  readonly offset: number;
  readonly length: number;
}

export interface Hover {
  readonly title: string;
  /** Sentences: what it is, its default, its values. */
  readonly lines: readonly string[];
  readonly offset: number;
  readonly length: number;
}

/** Keys or values that fit at an offset; tolerant of unfinished text. */
export function completionsAt(text: string, offset: number, lists?: ExperimentLists): Completion[] {
  if (textProblem(text)) return [];
  const location = getLocation(text, offset);
  const { tree, file } = read(text);
  const range = replaced(text, offset, location.previousNode);
  const rest = text.slice(range.offset + range.length);
  const comma = /^\s*["{[\d]/.test(rest) ? ',' : '';
  if (!location.isAtPropertyKey) {
    const place = knownPlace(file, location.path, lists);
    return place
      ? values(place).map((value) => ({ ...value, ...range, snippet: value.snippet + comma }))
      : [];
  }
  const above = location.path.slice(0, -1);
  const place = knownPlace(file, above, lists);
  const object = tree && findNodeAtLocation(tree, above);
  const taken = new Set(
    (object?.children ?? []).flatMap(({ children }) =>
      children?.[0] && children[0].offset !== range.offset ? [String(children[0].value)] : [],
    ),
  );
  const hasValue = /^\s*:/.test(rest);
  return [...(place?.keys ?? [])]
    .filter(([key, { value }]) => !taken.has(key) && value.refused === undefined)
    .map(([key, { value, items }]) => {
      const label = JSON.stringify(key);
      return {
        label,
        snippet: hasValue ? label : `${label}: ${placeholder(value, items)}${comma}`,
        kind: 'key',
        detail: value.required ? `${value.kind}, required` : value.kind,
        ...(value.description !== undefined && { description: value.description }),
        ...range,
      };
    });
}

/** What stands at an offset: the key there, or the key that the value there belongs to. */
export function hoverAt(text: string, offset: number, lists?: ExperimentLists): Hover | undefined {
  const { tree, file } = read(text);
  if (!tree) return undefined;
  const { path, previousNode } = getLocation(text, offset);
  if (!previousNode || !covers(previousNode, offset)) return undefined;
  const value = knownPlace(file, path, lists)?.value;
  const name = path.findLast((part) => typeof part === 'string');
  if (!value || name === undefined) return undefined;
  const written: unknown = previousNode.value;
  const chosen = value.values.find((listed) => listed.value === written)?.description;
  const all = value.values.map((listed) => JSON.stringify(listed.value)).join(', ');
  return {
    title: name,
    lines: [
      value.refused === undefined ? '' : `Here it ${value.refused}.`,
      value.description ?? '',
      chosen === undefined || chosen === value.description ? '' : `${JSON.stringify(written)}: ${chosen}`,
      all === '' ? `${value.kind.charAt(0).toUpperCase()}${value.kind.slice(1)}.` : `One of ${all}.`,
      value.default === undefined ? '' : `Default: ${JSON.stringify(value.default)}.`,
    ].filter((line) => line !== ''),
    offset: previousNode.offset,
    length: previousNode.length,
  };
}

function read(text: string): { readonly tree?: Node; readonly file: JsonObject } {
  const tree = experimentTree(text);
  const value: unknown = tree && treeValue(tree);
  return { ...(tree && { tree }), file: isJsonObject(value) ? value : {} };
}

function covers({ offset: start, length }: Node, offset: number): boolean {
  return offset >= start && offset <= start + length;
}

/** The expression below looks from every place on to the end. */
const LONGEST_WORD = 200;

/** The whole key or value at the offset; of one whose quote is not closed yet, the word before the offset. */
function replaced(text: string, offset: number, node: Node | undefined) {
  const end = node ? node.offset + node.length : 0;
  const closed = node && (text[node.offset] !== '"' || (node.length > 1 && text[end - 1] === '"'));
  if (closed && covers(node, offset)) return { offset: node.offset, length: node.length };
  const before = text.slice(Math.max(0, offset - LONGEST_WORD), offset);
  const length = /"?[\w.-]*$/.exec(before)?.[0].length ?? 0;
  return { offset: offset - length, length };
}

function values(place: KnownPlace): Pick<Completion, 'label' | 'snippet' | 'kind' | 'description'>[] {
  const { value, items } = place;
  const listed = value.values.map(({ value: one, description }) => ({
    label: JSON.stringify(one),
    ...(description !== undefined && { description }),
  }));
  const { suggestions = [], default: usual = suggestions[0] } = value;
  const more = usual === undefined ? [] : [{ label: JSON.stringify(usual) }];
  const all = [...listed, ...more.filter(({ label }) => !listed.some((each) => each.label === label))];
  const shown = all.map((each) => ({ ...each, snippet: escaped(each.label), kind: 'value' as const }));
  if (value.opening === undefined) return shown;
  const label = value.opening === '{' ? '{ }' : '[ ]';
  return [...shown, { label, snippet: placeholder(value, items), kind: 'value' }];
}

/** A value to type over. */
function placeholder(value: KnownValue, items: KnownPlace | undefined): string {
  if (value.opening === '{') return '{ $1 }';
  if (value.opening === '[') return items?.value.opening === '{' ? '[{ $1 }]' : '[$1]';
  const { suggestions = [], default: usual = suggestions[0] } = value;
  if (usual !== undefined) return `\${1:${escaped(JSON.stringify(usual))}}`;
  const [only, ...more] = value.values;
  if (only && more.length === 0) return escaped(JSON.stringify(only.value));
  return value.kind === 'text' ? '"$1"' : '$1';
}

function escaped(text: string): string {
  return text.replace(/[\\$}]/g, '\\$&');
}
