import type { OnnxGraph, OnnxNode } from './graph';

/** What passes scores on as they are, but for their shape: what is left of it is [N, classes] anyway. */
const passes = new Set(['Identity', 'Dropout', 'Cast', 'Flatten', 'Reshape', 'Squeeze', 'Unsqueeze']);
/** What makes scores of any size. A normalisation of logits is one of their logits, too. */
const linear = new Set(['Gemm', 'MatMul', 'Conv', 'BatchNormalization', 'LogSoftmax']);
/** What leaves logits logits, but probabilities not what they were. With a constant only: */
const withConstant = new Set(['Add', 'Sub', 'Mul', 'Div']);
const changes = new Set(['Relu', 'GlobalAveragePool', 'AveragePool', 'ReduceMean']);

/** What a network ends in: a softmax, and the value that it reads, or something that makes logits. */
export type OutputEnd = { readonly kind: 'softmax'; readonly input: string } | { readonly kind: 'logits' };

/**
 * Follows a graph back from its output. A softmax over the batch is none, and one that more than a reshape comes after is
 * no plain one.
 * @returns undefined where the graph does not tell what its output is: behind a sigmoid, or a division by the sum, say
 */
export function outputEnd({ nodes, input: image, output, initializers }: OnnxGraph): OutputEnd | undefined {
  const makers = new Map(nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  const isConstant = (name: string | undefined): boolean =>
    name !== undefined && (initializers.has(name) || makers.get(name)?.op === 'Constant');
  let name = output.name;
  let changed = false;
  // Nodes are in running order, so that this ends.
  for (let node = makers.get(name); node; node = makers.get(name)) {
    if (node.domain !== '' || node.outputs[0] !== name) return undefined;
    const input = passedOn(node, isConstant);
    if (node.op === 'Softmax' && node.inputs[0]) {
      return changed || node.attributes.get('axis') === 0
        ? undefined
        : { kind: 'softmax', input: node.inputs[0] };
    }
    if (linear.has(node.op)) return { kind: 'logits' };
    if (!input) return undefined;
    changed ||= !passes.has(node.op);
    name = input;
  }
  // Pixels are no probabilities.
  return name === image.name ? { kind: 'logits' } : undefined;
}

/** The value whose scores a node passes on, if it does that. */
function passedOn(
  { op, inputs: [first, second] }: OnnxNode,
  isConstant: (name: string | undefined) => boolean,
): string | undefined {
  if (passes.has(op) || changes.has(op)) return first;
  if (!withConstant.has(op)) return undefined;
  if (isConstant(second)) return first;
  return isConstant(first) && op !== 'Div' ? second : undefined;
}
