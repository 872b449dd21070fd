import type { onnx } from 'onnx-proto';
import { M2atError } from '../../errors';

interface Ends {
  /** The value that is wanted. */
  readonly output: string;
  /** Values that no node makes. */
  readonly given: ReadonlySet<string>;
}

/**
 * The nodes that the output needs, each after those that it reads: the file's own order where that is one.
 * @throws M2atError `checkpoint` when a value has no origin or two, or when nodes depend on each other in a circle
 */
export function inRunningOrder(
  nodes: readonly onnx.INodeProto[],
  { output, given }: Ends,
  file: string,
): onnx.INodeProto[] {
  const makers = new Map<string, onnx.INodeProto>();
  for (const node of nodes) {
    for (const name of node.output ?? []) {
      if (!name) continue;
      if (makers.has(name) || given.has(name)) {
        throw new M2atError('checkpoint', `the value ${name} is made twice`, { where: file });
      }
      makers.set(name, node);
    }
  }
  const sorted: onnx.INodeProto[] = [];
  const state = new Map<onnx.INodeProto, 'open' | 'done'>();
  // Depth first with a stack of its own: a chain of nodes may be longer than the call stack.
  const stack: { node: onnx.INodeProto; next: number }[] = [];
  const enter = (name: string): void => {
    if (!name || given.has(name)) return;
    const node = makers.get(name);
    if (!node) {
      throw new M2atError('checkpoint', `nothing makes the value ${name}`, {
        where: file,
        hint: 'The graph is not complete: export it again.',
      });
    }
    if (state.get(node) === 'done') return;
    if (state.get(node) === 'open') {
      throw new M2atError('checkpoint', `the value ${name} depends on itself`, { where: file });
    }
    state.set(node, 'open');
    stack.push({ node, next: 0 });
  };
  enter(output);
  for (let top = stack.at(-1); top; top = stack.at(-1)) {
    const inputs = top.node.input ?? [];
    const name = inputs[top.next++];
    if (name !== undefined) enter(name);
    else {
      state.set(top.node, 'done');
      sorted.push(top.node);
      stack.pop();
    }
  }
  return sorted;
}
