import type { Graph, GraphNode } from './graph';

/** What operators make of scores. */
interface Ends {
  /** Passes them on as they are, but for their shape: what is left of it is [N, classes] anyway. */
  readonly passes: ReadonlySet<string>;
  /** Makes scores of any size. A normalisation of logits is one of their logits, too. */
  readonly linear: ReadonlySet<string>;
  /** Leaves logits logits, but probabilities not what they were. With a constant only: */
  readonly withConstant: ReadonlySet<string>;
  readonly changes: ReadonlySet<string>;
}

const ends: Readonly<Record<Graph['dialect']['format'], Ends>> = {
  onnx: {
    passes: new Set(['Identity', 'Dropout', 'Cast', 'Flatten', 'Reshape', 'Squeeze', 'Unsqueeze']),
    linear: new Set(['Gemm', 'MatMul', 'Conv', 'BatchNormalization', 'LogSoftmax']),
    withConstant: new Set(['Add', 'Sub', 'Mul', 'Div']),
    changes: new Set(['Relu', 'GlobalAveragePool', 'AveragePool', 'ReduceMean']),
  },
  'graph-model': {
    passes: new Set(['Identity', 'Reshape', 'Squeeze', 'ExpandDims']),
    linear: new Set(['MatMul', '_FusedMatMul', 'Conv2D', '_FusedConv2D', 'LogSoftmax']),
    withConstant: new Set(['Add', 'AddV2', 'BiasAdd', 'Sub', 'Mul', 'RealDiv', 'Div']),
    changes: new Set(['Relu', 'Mean', 'AvgPool']),
  },
};
const divisions = new Set(['Div', 'RealDiv']);
/** What leaves logits logits when it is fused into a product. */
const harmless = new Set(['BiasAdd', 'Relu', 'FusedBatchNorm']);

/** What a network ends in: a softmax, and the value that it reads, or something that makes logits. */
export type OutputEnd = { readonly kind: 'softmax'; readonly input: string } | { readonly kind: 'logits' };

/**
 * Follows a graph back from its output. A softmax over the batch is none, and one that more than a reshape comes after is
 * no plain one.
 * @returns undefined where the graph does not tell what its output is: behind a sigmoid, or a division by the sum, say
 */
export function outputEnd({ dialect, nodes, input: image, output, constants }: Graph): OutputEnd | undefined {
  const { passes, linear, withConstant, changes } = ends[dialect.format];
  const makers = new Map(nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  const isConstant = (name: string | undefined): boolean =>
    name !== undefined && (constants.has(name) || makers.get(name)?.op === 'Constant');
  /** The value whose scores a node passes on, if it does that. */
  const passedOn = ({ op, inputs: [first, second] }: GraphNode): string | undefined => {
    if (passes.has(op) || changes.has(op)) return first;
    if (!withConstant.has(op)) return undefined;
    if (isConstant(second)) return first;
    return isConstant(first) && !divisions.has(op) ? second : undefined;
  };
  let name = output;
  let changed = false;
  // Nodes are in running order, so that this ends.
  for (let node = makers.get(name); node; node = makers.get(name)) {
    if (node.domain !== '' || node.outputs[0] !== name) return undefined;
    if (node.op === 'Softmax' && node.inputs[0]) {
      return changed || node.attributes.get('axis') === 0
        ? undefined
        : { kind: 'softmax', input: node.inputs[0] };
    }
    if (linear.has(node.op)) {
      const fused = node.attributes.get('fused_ops');
      const isLinear = !Array.isArray(fused) || fused.every((op) => harmless.has(String(op)));
      return isLinear ? { kind: 'logits' } : undefined;
    }
    const input = passedOn(node);
    if (!input) return undefined;
    changed ||= !passes.has(node.op);
    name = input;
  }
  // Pixels are no probabilities.
  return name === image.name ? { kind: 'logits' } : undefined;
}
