import type { M2atError } from '../../errors';

/** Nodes of a file's own kind, and what is said of them. */
export interface Wiring<N> {
  /** The names of the values that a node reads; empty for one that is absent. */
  readonly inputs: (node: N) => readonly string[];
  /** The node that makes a value; undefined for a value that is given. */
  readonly maker: (name: string, reader: N | undefined) => N | undefined;
  readonly circle: (name: string, maker: N) => M2atError;
}

/**
 * The nodes that a value needs, each after those that it reads: the file's own order where that is one.
 * @throws what `maker` throws, and `circle` when nodes depend on each other in a circle
 */
export function inRunningOrder<N>(output: string, { inputs, maker, circle }: Wiring<N>): N[] {
  const sorted: N[] = [];
  const state = new Map<N, 'open' | 'done'>();
  // Depth first with a stack of its own: a chain of nodes may be longer than the call stack.
  const stack: { node: N; next: number }[] = [];
  const enter = (name: string, reader?: N): void => {
    const node = name ? maker(name, reader) : undefined;
    if (node === undefined || state.get(node) === 'done') return;
    if (state.get(node) === 'open') throw circle(name, node);
    state.set(node, 'open');
    stack.push({ node, next: 0 });
  };
  enter(output);
  for (let top = stack.at(-1); top; top = stack.at(-1)) {
    const name = inputs(top.node)[top.next++];
    if (name !== undefined) enter(name, top.node);
    else {
      state.set(top.node, 'done');
      sorted.push(top.node);
      stack.pop();
    }
  }
  return sorted;
}
