import { findNodeAtLocation, type Node } from 'jsonc-parser';
import { experimentTree } from '../../core/experiment/experiment-tree';

/** Where one run of an experiment file is written. */
export interface RunPlace {
  /** The run's name in the file; absent where the file has only one. */
  readonly name?: string;
  /** The name that its records carry. */
  readonly recordName: string;
  /** Offset of the run's object. */
  readonly offset: number;
  /** Offset of the end of its `method`, if it has one. */
  readonly methodEnd?: number;
}

/** Where a sweep stands, and the entries of `runs` that it is laid over. */
export interface SweepPlace {
  /** Offset of its key. */
  readonly offset: number;
  readonly entries: readonly { readonly name: string; readonly offset: number }[];
}

/** The place of an experiment's sweep; undefined where there is none. */
export function sweepPlace(text: string): SweepPlace | undefined {
  const tree = experimentTree(text);
  const sweep = tree && findNodeAtLocation(tree, ['sweep']);
  if (!sweep) return undefined;
  const entries = (findNodeAtLocation(tree, ['runs'])?.children ?? []).flatMap((entry) => {
    const name = stringAt(entry, 'name');
    return name === undefined ? [] : [{ name, offset: entry.offset }];
  });
  return { offset: sweep.parent?.offset ?? sweep.offset, entries };
}

/**
 * The places of an experiment's runs, for lenses and decorations; tolerant of unfinished text. The runs that a sweep makes
 * have none.
 */
export function runPlaces(text: string): RunPlace[] {
  const tree = experimentTree(text);
  if (tree?.type !== 'object' || findNodeAtLocation(tree, ['sweep'])) return [];
  const name = stringAt(tree, 'name');
  const entries = findNodeAtLocation(tree, ['runs'])?.children;
  if (!entries) return [place(tree, undefined, name ?? 'experiment', tree)];
  return entries.flatMap((entry) => {
    const own = stringAt(entry, 'name');
    return own === undefined ? [] : [place(entry, own, name === undefined ? own : `${name}: ${own}`, tree)];
  });
}

function place(node: Node, name: string | undefined, recordName: string, tree: Node): RunPlace {
  const method =
    findNodeAtLocation(node, ['method']) ??
    (node === tree ? undefined : findNodeAtLocation(tree, ['method']));
  return {
    ...(name !== undefined && { name }),
    recordName,
    offset: node.offset,
    ...(method && { methodEnd: method.offset + method.length }),
  };
}

function stringAt(node: Node, key: string): string | undefined {
  const value: unknown = findNodeAtLocation(node, [key])?.value;
  return typeof value === 'string' ? value : undefined;
}
