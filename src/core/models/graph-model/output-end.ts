import type { Graph, GraphNode, NodeOutput } from './graph';

/** What passes scores on as they are, but for their shape. */
const passes = new Set(['Identity', 'Reshape', 'Squeeze', 'ExpandDims']);
/** What makes scores of any size. */
const linear = new Set(['MatMul', '_FusedMatMul', 'Conv2D', '_FusedConv2D', 'LogSoftmax']);
/** What leaves logits logits, but probabilities not what they were. */
const withConstant = new Set(['Add', 'AddV2', 'BiasAdd', 'Sub', 'Mul', 'RealDiv', 'Div']);
const changes = new Set(['Relu', 'Mean', 'AvgPool']);
/** Fused after a product. */
const harmless = new Set(['BiasAdd', 'Relu', 'FusedBatchNorm']);

/** What a network ends in: a softmax, and what it reads, or something that makes logits. */
export type OutputEnd =
  { readonly kind: 'softmax'; readonly input: NodeOutput } | { readonly kind: 'logits' };

/** @returns undefined where the graph does not tell what its output is: behind a sigmoid, say */
export function outputEnd(graph: Graph, output: NodeOutput): OutputEnd | undefined {
  const visited = new Set<string>();
  let changed = false;
  for (let at = output; !visited.has(at.node);) {
    visited.add(at.node);
    const node = graph.get(at.node);
    // Pixels are no probabilities.
    if (node?.op === 'Placeholder') return { kind: 'logits' };
    const [first] = node?.inputs ?? [];
    if (!node || !first || at.index !== 0) return undefined;
    if (node.op === 'Softmax') return changed ? undefined : { kind: 'softmax', input: first };
    if (linear.has(node.op)) {
      const fused = node.op.startsWith('_') ? node.attributes.texts('fused_ops') : [];
      return fused.every((op) => harmless.has(op)) ? { kind: 'logits' } : undefined;
    }
    const input = passedOn(graph, node);
    if (!input) return undefined;
    changed ||= !passes.has(node.op);
    at = input;
  }
  return undefined;
}

function passedOn(graph: Graph, { op, inputs: [first, second] }: GraphNode): NodeOutput | undefined {
  if (passes.has(op) || changes.has(op)) return first;
  if (!withConstant.has(op)) return undefined;
  const isConstant = (value: NodeOutput | undefined): boolean =>
    value !== undefined && graph.get(value.node)?.op === 'Const';
  if (isConstant(second)) return first;
  return isConstant(first) && op !== 'RealDiv' && op !== 'Div' ? second : undefined;
}
