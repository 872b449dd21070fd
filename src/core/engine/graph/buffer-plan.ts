import { executionOrder, readBy } from './execution-order';
import type { GraphNode, Subgraph } from './graph';
import { sizeInBytes, type ValueInfo } from './infer-shapes';

/** These return their first input's own storage. */
const views = new Set(['Reshape', 'Identity', 'Squeeze', 'Unsqueeze', 'Flatten']);
/** These may write over an input that nobody else needs, of the result's size: its places. */
const overwrites = new Map<string, readonly number[]>([
  ...['Add', 'Sub', 'Mul', 'Div'].map((op) => [op, [0, 1]] as const),
  ...['Abs', 'Neg', 'Floor', 'Ceil', 'Reciprocal', 'Sqrt', 'Exp', 'Log', 'Clip', 'Cast'].map(
    (op) => [op, [0]] as const,
  ),
  ...['Relu', 'Sigmoid', 'Tanh', 'Elu', 'Selu', 'LeakyRelu', 'Softplus', 'HardSigmoid'].map(
    (op) => [op, [0]] as const,
  ),
  ['Conv', [3]],
]);

/** One node of a plan: what it takes from the arena, and what it gives back after it ran. */
export interface PlannedStep {
  readonly allocated: readonly { readonly name: string; readonly bytes: number }[];
  readonly freed: readonly string[];
  /** The body of a loop, which runs before the loop's results are there. */
  readonly body?: readonly PlannedStep[] | undefined;
}

/**
 * What ONNX Runtime's allocation planner makes of a graph: storage is written over where that is allowed, taken again
 * by values of the same shape, and given back after its last reader.
 * @param external results that are written to memory of the caller
 */
export function planBuffers(
  graph: Subgraph,
  values: ReadonlyMap<string, ValueInfo>,
  external: ReadonlySet<string>,
): PlannedStep[] {
  const order = executionOrder(graph.nodes);
  /** Of each value that is made here the one whose storage it is a view of. */
  const roots = new Map<string, string>();
  for (const { op, inputs, outputs } of order) {
    const source = views.has(op) ? (inputs[0] ?? '') : undefined;
    for (const name of outputs) roots.set(name, source === undefined ? name : (roots.get(source) ?? source));
  }
  const rootOf = (name: string): string => roots.get(name) ?? name;
  // Results that stay, those in the caller's memory included.
  const kept = new Set(graph.outputs.map(({ name }) => rootOf(name)));
  const outside = new Set([...external].map(rootOf));
  const read = order.map((node) => readBy(node).map(rootOf));
  const readers = new Map<string, number>();
  for (const names of read) for (const name of names) readers.set(name, (readers.get(name) ?? 0) + 1);

  const made = new Map<string, number>();
  /** Of a value that has another one's storage. */
  const owners = new Map<string, string>();
  const bufferOf = (root: string): string => owners.get(root) ?? root;
  /** Readers to come, of the value that is in a buffer now. */
  const left = new Map<string, number>();
  const layouts = new Map<string, string>();
  const unused = new Map<string, { readonly buffer: string; readonly step: number }[]>();
  const giveBack = (buffer: string, step: number): void => {
    if (!made.has(buffer) || kept.has(buffer)) return;
    const layout = layouts.get(buffer) ?? '';
    const same = unused.get(layout);
    if (same) same.push({ buffer, step });
    else unused.set(layout, [{ buffer, step }]);
  };
  const overwritten = ({ op, inputs }: GraphNode, bytes: number): string | undefined => {
    for (const place of overwrites.get(op) ?? []) {
      const input = inputs[place] ?? '';
      const info = values.get(input);
      const buffer = bufferOf(rootOf(input));
      if (!info || !made.has(buffer) || kept.has(buffer) || left.get(buffer) !== 1) continue;
      if (sizeInBytes(info) === bytes) return buffer;
    }
    return undefined;
  };
  for (const [step, node] of order.entries()) {
    for (const name of node.outputs) {
      const value = values.get(name);
      if (!value || rootOf(name) !== name || outside.has(name)) continue;
      const layout = `${value.dtype}${value.shape.join()}`;
      const reused = kept.has(name)
        ? undefined
        : (overwritten(node, sizeInBytes(value)) ?? unused.get(layout)?.pop()?.buffer);
      left.set(reused ?? name, readers.get(name) ?? 0);
      if (reused !== undefined) {
        owners.set(name, reused);
        continue;
      }
      made.set(name, step);
      layouts.set(name, layout);
    }
    for (const name of node.outputs) if (!readers.has(rootOf(name))) giveBack(bufferOf(rootOf(name)), step);
    for (const name of read[step] ?? []) {
      const buffer = bufferOf(name);
      const uses = (left.get(buffer) ?? 0) - 1;
      left.set(buffer, uses);
      if (uses === 0) giveBack(buffer, step);
    }
  }
  const freed: string[][] = order.map(() => []);
  for (const list of unused.values()) for (const { buffer, step } of list) freed[step]?.push(buffer);
  return order.map(({ outputs, body }, step) => ({
    allocated: outputs
      .filter((name) => made.get(name) === step)
      .map((name) => ({ name, bytes: bytesOf(values.get(name)) })),
    freed: freed[step] ?? [],
    body: body && planBuffers(body, values, new Set()),
  }));
}

function bytesOf(value: ValueInfo | undefined): number {
  return value ? sizeInBytes(value) : 0;
}
