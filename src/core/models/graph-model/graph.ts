import { M2atError } from '../../errors';
import { Attributes } from './attributes';
import type { NodeDef } from './graph-model-schema';

/** One result of a node. */
export interface NodeOutput {
  readonly node: string;
  readonly index: number;
}

export interface GraphNode {
  readonly name: string;
  readonly op: string;
  /** Without control dependencies, which only order side effects. */
  readonly inputs: readonly NodeOutput[];
  readonly attributes: Attributes;
  /** File and node, for errors. */
  readonly where: string;
}

export type Graph = ReadonlyMap<string, GraphNode>;

/** @throws M2atError `checkpoint` for two nodes of one name */
export function graphOf(nodes: readonly NodeDef[], modelFile: string): Graph {
  const graph = new Map<string, GraphNode>();
  for (const { name, op, input = [], attr } of nodes) {
    const where = `${modelFile}: node ${name} (${op})`;
    if (graph.has(name)) throw new M2atError('checkpoint', 'two nodes have this name', { where });
    const inputs = input.filter((entry) => !entry.startsWith('^')).map((entry) => outputOf(entry, where));
    graph.set(name, { name, op, inputs, attributes: new Attributes(attr ?? {}, where), where });
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
export function orderFor(graph: Graph, output: string, modelFile: string): GraphNode[] {
  const find = (name: string, from?: GraphNode): GraphNode => {
    const node = graph.get(name);
    if (node) return node;
    throw new M2atError('checkpoint', `the node ${name} is missing`, {
      where: from?.where ?? `${modelFile}: signature`,
      hint: 'The graph is not complete: convert the model again.',
    });
  };
  const order: GraphNode[] = [];
  const state = new Map<string, 'open' | 'done'>();
  // A stack of its own: graphs are thousands of nodes deep.
  const stack = [{ node: find(output), next: 0 }];
  state.set(output, 'open');
  for (let top = stack.at(-1); top; top = stack.at(-1)) {
    const input = top.node.inputs[top.next++];
    if (!input) {
      state.set(top.node.name, 'done');
      order.push(top.node);
      stack.pop();
      continue;
    }
    const seen = state.get(input.node);
    if (seen === 'open') {
      throw new M2atError('checkpoint', 'the node depends on its own result', {
        where: find(input.node).where,
        hint: 'Loops are not supported.',
      });
    }
    if (seen === 'done') continue;
    state.set(input.node, 'open');
    stack.push({ node: find(input.node, top.node), next: 0 });
  }
  return order;
}
