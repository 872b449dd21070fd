import type { OnnxGraph } from './graph';

/** What passes scores on as they are, but for their shape: what is left of it is [N, classes] anyway. */
const passes = new Set(['Identity', 'Dropout', 'Cast', 'Flatten', 'Reshape', 'Squeeze', 'Unsqueeze']);

/** The value that the softmax reads in which a network ends, if it ends in one; one over the batch is none. */
export function softmaxInput({ nodes, output }: OnnxGraph): string | undefined {
  const makers = new Map(nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  let name = output.name;
  // Nodes are in running order, so that this ends.
  for (let node = makers.get(name); node; node = makers.get(name)) {
    const [input] = node.inputs;
    if (node.domain !== '' || node.outputs[0] !== name || !input) return undefined;
    if (node.op === 'Softmax') {
      const axis = node.attributes.get('axis');
      return axis === 0 ? undefined : input;
    }
    if (!passes.has(node.op)) return undefined;
    name = input;
  }
  return undefined;
}
