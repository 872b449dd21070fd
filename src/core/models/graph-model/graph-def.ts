import { M2atError } from '../../errors';
import { inRunningOrder } from '../graph/node-order';
import type { NodeDef } from './graph-model-schema';

/** One result of a node. */
export interface NodeOutput {
  readonly node: string;
  readonly index: number;
}

/** A node of a GraphDef. */
export interface DefNode {
  readonly name: string;
  readonly op: string;
  /** Without control dependencies, which only order side effects. */
  readonly inputs: readonly NodeOutput[];
  readonly attributes: Readonly<Record<string, unknown>>;
  /** File and node, for errors. */
  readonly where: string;
}

export type GraphDef = ReadonlyMap<string, DefNode>;

/** @throws M2atError `checkpoint` for two nodes of one name */
export function graphDefOf(nodes: readonly NodeDef[], modelFile: string): GraphDef {
  const graph = new Map<string, DefNode>();
  for (const { name, op, input = [], attr } of nodes) {
    const where = `${modelFile}: node ${name} (${op})`;
    if (graph.has(name)) throw new M2atError('checkpoint', 'two nodes have this name', { where });
    const inputs = input.filter((entry) => !entry.startsWith('^')).map((entry) => outputOf(entry, where));
    graph.set(name, { name, op, inputs, attributes: attr ?? {}, where });
  }
  return graph;
}

/** `name` or `name:index`. */
export function outputOf(entry: string, where: string): NodeOutput {
  const match = /^([^:]+)(?::(\d{1,5}))?$/.exec(entry);
  if (!match) {
    throw new M2atError('checkpoint', `${JSON.stringify(entry)} names no result of a node`, { where });
  }
  return { node: match[1] ?? entry, index: Number(match[2] ?? 0) };
}

/**
 * The nodes that a result depends on, each after its inputs.
 * @throws M2atError `checkpoint` for a cycle or a missing node
 */
export function orderFor(graph: GraphDef, output: string, modelFile: string): DefNode[] {
  return inRunningOrder<DefNode>(output, {
    inputs: ({ inputs }) => inputs.map(({ node }) => node),
    maker: (name, reader) => {
      const node = graph.get(name);
      if (node) return node;
      throw new M2atError('checkpoint', `the node ${name} is missing`, {
        where: reader?.where ?? `${modelFile}: signature`,
        hint: 'The graph is not complete: convert the model again.',
      });
    },
    circle: (_, { where }) =>
      new M2atError('checkpoint', 'the node depends on its own result', {
        where,
        hint: 'Loops are not supported.',
      }),
  });
}
