import { M2atError } from '../../errors';
import { layoutOf } from '../layout-of';
import type { Graph, GraphNode, NodeOutput } from './graph';
import { orderFor, outputOf } from './graph';
import type { Signature, TensorInfo } from './graph-model-schema';

/** Where images go in and classes come out. */
export interface Ports {
  readonly input: string;
  readonly inputShape: readonly (number | null)[];
  readonly layout: 'NHWC' | 'NCHW';
  /** A shape to try the network with, for the dimensions that it leaves open. */
  readonly trial: readonly number[];
  readonly output: NodeOutput;
}

/** Larger images are no input of a classifier. */
const maxSide = 8192;

/**
 * Finds the input and the output of a graph: from its signature, or else the Placeholder and the node that nobody
 * reads. Of several outputs it is the first that has two dimensions.
 * @throws M2atError `checkpoint` when there is not one of each, or the input is no image
 */
export function choosePorts(graph: Graph, signature: Signature, modelFile: string): Ports {
  const output = chooseOutput(graph, signature, modelFile);
  const placeholders = orderFor(graph, output.node, modelFile).filter(({ op }) => op === 'Placeholder');
  const [node] = placeholders;
  if (!node || placeholders.length > 1) {
    const names = placeholders.map(({ name }) => name).join(', ') || 'none';
    throw new M2atError('checkpoint', `no image classifier: its inputs are ${names}`, {
      where: `${modelFile}: signature.inputs`,
      hint: 'Models with one input can be attacked.',
    });
  }
  const inputShape = shapeOf(node, signature);
  const layout = layoutOf(inputShape);
  const trial = layout === 'NHWC' ? [1, 224, 224, 3] : [1, 3, 224, 224];
  return { input: node.name, inputShape, layout, trial, output };
}

function chooseOutput(graph: Graph, { outputs = {} }: Signature, modelFile: string): NodeOutput {
  const where = `${modelFile}: signature.outputs`;
  const declared = Object.entries(outputs)
    .map(([key, info]) => ({ info, output: outputOf(info.name ?? key, where) }))
    .filter(({ output }) => graph.has(output.node));
  const matrices = declared.filter(({ info }) => info.tensorShape?.length === 2);
  const open = declared.filter(({ info }) => info.tensorShape === undefined);
  const chosen = (matrices[0] ?? open[0] ?? declared[0])?.output ?? unread(graph)[0];
  if (chosen) return chosen;
  throw new M2atError('checkpoint', 'the model has no output', { where });
}

/** The nodes that nobody reads. */
function unread(graph: Graph): NodeOutput[] {
  const read = new Set<string>();
  for (const { inputs } of graph.values()) for (const { node } of inputs) read.add(node);
  const ends: NodeOutput[] = [];
  for (const { name, op, inputs } of graph.values()) {
    if (!read.has(name) && inputs.length > 0 && op !== 'NoOp') ends.push({ node: name, index: 0 });
  }
  return ends;
}

function shapeOf(node: GraphNode, { inputs = {} }: Signature): readonly (number | null)[] {
  const named = (info: TensorInfo, key: string): boolean => (info.name ?? key).split(':')[0] === node.name;
  const info = Object.entries(inputs).find(([key, entry]) => named(entry, key))?.[1];
  const shape = info?.tensorShape ?? node.attributes.shape('shape') ?? [null, null, null, null];
  const fits = shape.every((size) => size === null || (size > 0 && size <= maxSide));
  if (shape.length === 4 && fits) return [null, ...shape.slice(1)];
  throw new M2atError(
    'checkpoint',
    `no image classifier: it takes [${shape.map((size) => size ?? 'N').join(', ')}]`,
    { where: node.where, hint: 'Expected one input [N, H, W, C].' },
  );
}
