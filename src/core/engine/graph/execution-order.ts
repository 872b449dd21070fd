import type { GraphNode } from './graph';

/** Names that a node reads, those that the body of a loop reads from outside included. */
export function readBy({ inputs, body }: GraphNode): string[] {
  const names = inputs.filter((name) => name !== '');
  if (!body) return names;
  const own = new Set([
    ...body.nodes.flatMap(({ outputs }) => outputs),
    ...body.inputs.map(({ name }) => name),
  ]);
  const read = [...body.nodes.flatMap(readBy), ...body.outputs.map(({ name }) => name)];
  return [...names, ...new Set(read.filter((name) => !own.has(name)))];
}

/**
 * Nodes in the order in which ONNX Runtime runs them one after the other: depth first from those that nobody reads,
 * later ones first.
 */
export function executionOrder(nodes: readonly GraphNode[]): GraphNode[] {
  const producer = new Map<string, number>();
  for (const [index, { outputs }] of nodes.entries()) for (const name of outputs) producer.set(name, index);
  const sources = nodes.map((node) =>
    [...new Set(readBy(node).flatMap((name) => producer.get(name) ?? []))].sort((a, b) => a - b),
  );
  const isRead = new Set(sources.flat());
  const stack = [...nodes.keys()].flatMap((index) => (isRead.has(index) ? [] : [{ index, done: false }]));
  const visited = new Set<number>();
  const order: GraphNode[] = [];
  for (let entry = stack.pop(); entry; entry = stack.pop()) {
    const { index, done } = entry;
    const node = nodes[index];
    if (!node) continue;
    if (done) order.push(node);
    if (done || visited.has(index)) continue;
    visited.add(index);
    stack.push({ index, done: true });
    for (const source of sources[index] ?? [])
      if (!visited.has(source)) stack.push({ index: source, done: false });
  }
  return order;
}
