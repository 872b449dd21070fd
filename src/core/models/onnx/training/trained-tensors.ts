import type { Graph, GraphNode, HostArray } from '../../graph/graph';
import { isBatchNorm, isInTrainingMode } from '../../graph/operators/onnx/training-mode';

/** Which of their inputs are parameters, where they come from the file. */
const readers: ReadonlyMap<string, readonly number[]> = new Map([
  ['Conv', [1, 2]],
  ['ConvTranspose', [1, 2]],
  ['Gemm', [0, 1, 2]],
  ['MatMul', [0, 1]],
  ['BatchNormalization', [0, 1, 2]],
  ['InstanceNormalization', [1, 2]],
  ['GroupNormalization', [1, 2]],
  ['LayerNormalization', [1, 2]],
  ['PRelu', [1]],
  ['Add', [0, 1]],
  ['Mul', [0, 1]],
  ['Concat', [0, 1, 2, 3]],
]);

/** What gives a parameter another form. */
const forms = new Set(['Transpose', 'Reshape', 'Unsqueeze', 'Squeeze', 'Expand', 'Slice', 'Gather', 'Cast']);

/** What networks do to pixels first, with the numbers of the data set and none that are trained. */
const normalizing = new Set(['Add', 'Sub', 'Mul', 'Div', 'Transpose', 'Cast', 'Identity', 'Reshape']);

/** A parameter of a graph. */
export interface Parameter {
  readonly name: string;
  readonly array: HostArray;
  /** What a person may call it: itself, what it is of (`conv1` for `conv1.weight`), and the nodes that read it. */
  readonly called: ReadonlySet<string>;
}

/** A BatchNormalization whose statistics move in training. */
export interface Norm {
  readonly node: string;
  readonly scale: string;
  readonly mean: string;
  readonly variance: string;
}

/**
 * The parameters of a graph: floating-point numbers of the file that a network would have trained. A graph does not say it;
 * they are what its layers read, but for what is done to pixels first. And its BatchNormalizations.
 */
export function trainedTensors(graph: Graph): { parameters: Parameter[]; norms: Norm[] } {
  const { nodes, constants, opset } = graph;
  const ofData = dataNumbers(graph);
  const isWeight = (name: string): boolean => {
    const array = constants.get(name);
    return array?.dtype === 'float' && array.data.length > 1 && !ofData.has(name);
  };
  const norms: Norm[] = [];
  /** By value, the weights that it is another form of. */
  const origins = new Map<string, readonly string[]>();
  for (const name of constants.keys()) if (isWeight(name)) origins.set(name, [name]);
  const called = new Map<string, Set<string>>();
  for (const node of nodes) {
    const inference = isBatchNorm(node) && !isInTrainingMode(node, opset);
    if (inference) {
      const [, scale = '', , mean = '', variance = ''] = node.inputs;
      if ([scale, mean, variance].every(isWeight)) norms.push({ node: node.name, scale, mean, variance });
    }
    // One that is given weights and not images standardises them: what is trained is what it is given.
    const read = isBatchNorm(node) && !inference ? [0] : (readers.get(node.op) ?? []);
    for (const index of node.domain === '' ? read : []) {
      for (const name of origins.get(node.inputs[index] ?? '') ?? []) {
        const names = called.get(name) ?? new Set([name, name.replace(/\.[^.]*$/, '')]);
        called.set(name, names.add(node.name));
      }
    }
    const [first = ''] = node.inputs;
    const from = origins.get(first);
    const passes = forms.has(node.op) || (isBatchNorm(node) && !inference);
    if (from && passes && node.domain === '' && node.outputs[0]) origins.set(node.outputs[0], from);
  }
  const parameters = [...called].flatMap(([name, names]) => {
    const array = constants.get(name);
    return array ? [{ name, array, called: names }] : [];
  });
  return { parameters, norms };
}

/** Constants by which a network normalises pixels. */
function dataNumbers({ input, nodes, constants }: Graph): Set<string> {
  const pixels = new Set([input.name]);
  const numbers = new Set<string>();
  for (const node of nodes) {
    if (!isNormalizing(node, pixels, constants)) continue;
    for (const name of node.inputs) if (!pixels.has(name)) numbers.add(name);
    for (const name of node.outputs) pixels.add(name);
  }
  return numbers;
}

function isNormalizing(
  { op, domain, inputs }: GraphNode,
  pixels: ReadonlySet<string>,
  constants: Graph['constants'],
): boolean {
  return (
    domain === '' &&
    normalizing.has(op) &&
    inputs.some((name) => pixels.has(name)) &&
    inputs.every((name) => pixels.has(name) || (constants.get(name)?.data.length ?? 5) <= 4)
  );
}
