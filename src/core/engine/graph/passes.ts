import type { Graph, GraphNode, Subgraph } from './graph';
import { NCHWC } from './graph';

/** Removes what no output needs and fuses additions into convolutions. Changes `graph` in place and returns the names in use. */
export function optimize(graph: Graph): Set<string> {
  optimizeNodes(graph);
  const used = new Set<string>();
  visit(graph.nodes, (name) => used.add(name));
  graph.initializers = graph.initializers.filter(({ name }) => used.has(name));
  return used;
}

function optimizeNodes(graph: Subgraph): void {
  const outputs = graph.outputs.map(({ name }) => name);
  graph.nodes = withoutDeadNodes(graph.nodes, outputs);
  for (const { body } of graph.nodes) if (body) optimizeNodes(body);
  graph.nodes = withoutDeadNodes(graph.nodes, outputs);
  graph.nodes = withFusedSums(graph.nodes, outputs);
}

/** Every name that the nodes read, those inside loop bodies included. */
function visit(nodes: readonly GraphNode[], read: (name: string) => void): void {
  for (const node of nodes) {
    node.inputs.forEach(read);
    if (!node.body) continue;
    visit(node.body.nodes, read);
    for (const { name } of node.body.outputs) read(name);
  }
}

function withoutDeadNodes(nodes: readonly GraphNode[], outputs: readonly string[]): GraphNode[] {
  const needed = new Set(outputs);
  const live = nodes.toReversed().filter((node) => {
    if (!node.outputs.some((name) => needed.has(name))) return false;
    visit([node], (name) => needed.add(name));
    return true;
  });
  return live.reverse();
}

/**
 * Turns `Add(Conv(x), other)` into the `Sum` input of a blocked Conv that nobody else reads. A Conv whose
 * sum is itself such a Conv passes `other` on to the innermost one.
 */
function withFusedSums(nodes: readonly GraphNode[], outputs: readonly string[]): GraphNode[] {
  const producer = new Map<string, GraphNode>();
  const position = new Map<GraphNode, number>();
  const uses = new Map<string, number>();
  const use = (name: string): void => void uses.set(name, (uses.get(name) ?? 0) + 1);
  nodes.forEach((node, index) => {
    position.set(node, index);
    for (const name of node.outputs) producer.set(name, node);
  });
  visit(nodes, use);
  outputs.forEach(use);

  const dead = new Set<GraphNode>();
  const fusible = (name: string): GraphNode | undefined => {
    const node = producer.get(name);
    const plain = node?.op === 'Conv' && node.domain === NCHWC && node.attributes.activation === undefined;
    return plain && uses.get(name) === 1 ? node : undefined;
  };
  const innermost = (conv: GraphNode): GraphNode | undefined => {
    const sum = conv.inputs[3];
    if (!sum) return conv;
    const next = fusible(sum);
    return next && innermost(next);
  };
  const at = (node: GraphNode): number => position.get(node) ?? 0;

  for (const add of nodes) {
    if (add.op !== 'Add' || !add.sameShape) continue;
    const [a = '', b = ''] = add.inputs;
    const candidates = [a, b]
      .map((name, i) => ({ name, conv: fusible(name), other: i === 0 ? b : a }))
      .sort((p, q) => (q.conv ? at(q.conv) : -1) - (p.conv ? at(p.conv) : -1));
    for (const { conv, name, other } of candidates) {
      const root = conv && innermost(conv);
      if (!root || other === name) continue;
      if (conv === root) {
        // The Add becomes the Conv, so that both of its inputs exist by then.
        add.op = 'Conv';
        add.domain = NCHWC;
        add.attributes = root.attributes;
        add.inputs = [root.inputs[0] ?? '', root.inputs[1] ?? '', root.inputs[2] ?? '', other];
        dead.add(root);
        break;
      }
      const source = producer.get(other);
      if (source && at(source) > at(root)) continue;
      root.inputs = [root.inputs[0] ?? '', root.inputs[1] ?? '', root.inputs[2] ?? '', other];
      add.op = 'Identity';
      add.inputs = [name];
      break;
    }
  }
  return nodes.filter((node) => !dead.has(node));
}
