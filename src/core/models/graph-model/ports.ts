import { M2atError } from '../../errors';
import { chooseOutput, type ChosenOutput, type ModelOutput } from '../choose-output';
import { layoutOf } from '../input/layout-of';
import { declaredShape } from './attributes';
import { orderFor, outputOf, type DefNode, type GraphDef, type NodeOutput } from './graph-def';
import type { Signature, TensorInfo } from './graph-model-schema';

/** Where images go in and classes come out. */
export interface Ports {
  readonly input: string;
  readonly inputShape: readonly (number | null)[];
  readonly layout: 'NHWC' | 'NCHW';
  /** A shape to try the network with, for the dimensions that it leaves open. */
  readonly trial: readonly number[];
  readonly output: NodeOutput;
  /** For people: its key in the signature, or what makes it. */
  readonly outputName: string;
  readonly because: ChosenOutput<ModelOutput>['because'];
  /** Every output that the signature has. */
  readonly outputs: readonly ModelOutput[];
}

/** Larger images are no input of a classifier. */
const maxSide = 8192;

/**
 * Finds the input and the output of a graph: from its signature, or else the Placeholder and the node that nobody
 * reads.
 * @param outputName of several outputs, the one with the scores
 * @throws M2atError `checkpoint` when there is not one of each, or the input is no image; `bad-input` when there is no
 * output of that name
 */
export function choosePorts(
  graph: GraphDef,
  signature: Signature,
  modelFile: string,
  outputName?: string,
): Ports {
  const outputs = outputsOf(graph, signature, modelFile);
  // The signature's key and the node are both names that people see.
  const asked = outputs.find(
    ({ name, key, output: { node } }) => name === outputName || key === outputName || node === outputName,
  );
  const chosen = chooseOutput(outputs, asked?.name ?? outputName, `${modelFile}: signature.outputs`);
  const { name: chosenName, output } = chosen.output;
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
  const { because } = chosen;
  return { input: node.name, inputShape, layout, trial, output, outputName: chosenName, because, outputs };
}

interface GraphOutput extends ModelOutput {
  /** In the signature. */
  readonly key: string;
  readonly output: NodeOutput;
}

/** Names that converters give, and not people. */
const generic = /^(output|identity|statefulpartitionedcall)?_?\d*$/i;

/** What the signature lists, or else the nodes that nobody reads. */
function outputsOf(graph: GraphDef, { outputs = {} }: Signature, modelFile: string): GraphOutput[] {
  const where = `${modelFile}: signature.outputs`;
  const declared = Object.entries(outputs)
    .map(([key, info]) => {
      const output = outputOf(info.name ?? key, where);
      // Keys such as output_0 are numbers: what makes the output may say more.
      const name = generic.test(key) && !generic.test(output.node) ? output.node : key;
      return { key, name, shape: info.tensorShape, output };
    })
    .filter(({ output }) => graph.has(output.node));
  if (declared.length > 0) return declared;
  return unread(graph).map((output) => ({
    key: output.node,
    name: output.node,
    shape: undefined,
    output,
  }));
}

/** The nodes that nobody reads. */
function unread(graph: GraphDef): NodeOutput[] {
  const read = new Set<string>();
  for (const { inputs } of graph.values()) for (const { node } of inputs) read.add(node);
  const ends: NodeOutput[] = [];
  for (const { name, op, inputs } of graph.values()) {
    if (!read.has(name) && inputs.length > 0 && op !== 'NoOp') ends.push({ node: name, index: 0 });
  }
  return ends;
}

function shapeOf(node: DefNode, { inputs = {} }: Signature): readonly (number | null)[] {
  const named = (info: TensorInfo, key: string): boolean => (info.name ?? key).split(':')[0] === node.name;
  const info = Object.entries(inputs).find(([key, entry]) => named(entry, key))?.[1];
  const shape = info?.tensorShape ?? declaredShape(node) ?? [null, null, null, null];
  const fits = shape.every((size) => size === null || (size > 0 && size <= maxSide));
  if (shape.length === 4 && fits) return [null, ...shape.slice(1)];
  throw new M2atError(
    'checkpoint',
    `no image classifier: it takes [${shape.map((size) => size ?? 'N').join(', ')}]`,
    { where: node.where, hint: 'Expected one input [N, H, W, C].' },
  );
}
