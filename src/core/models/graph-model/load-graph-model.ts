import * as tf from '@tensorflow/tfjs';
import { registerGradients } from '../../engine/gradients/register';
import { M2atError } from '../../errors';
import { firstSteps } from '../input/first-steps';
import type { NodeName } from '../gradient-taps';
import type { ImportedModel } from '../imported-model';
import { findModelFile, readModelJson, whatWorks } from '../model-json';
import { graphOf, orderFor, type GraphNode, type NodeOutput } from './graph';
import { graphModelFile, type GraphModelFile } from './graph-model-schema';
import { HostValue, type GraphValue } from './host-value';
import { Interpreter } from './interpreter';
import { choosePorts, type Ports } from './ports';
import { outputEnd } from './output-end';
import { isRandom } from './op-table';
import { recognizeInput } from '../input/recognize-input';
import { readStoredWeights } from '../stored-weights';
import { tryNetwork } from '../try-network';

export interface GraphModelOptions {
  /** Of several outputs, the one with the scores: its key in the signature, or its node. */
  readonly outputName?: string | undefined;
}

/**
 * Loads a TF.js graph model that classifies images. The file is taken for hostile: nothing outside its folder is
 * read, nothing is allocated that its weight files don't cover, and no value of the network may be larger than 2^27
 * numbers an image. Every node and its gradient are tried once, on shapes alone.
 * @param file a model.json, or the folder that holds it
 * @throws M2atError `checkpoint` for whatever is wrong with it, `unsupported` for an op that is not supported or can't be
 * differentiated; both name the node
 */
export async function loadGraphModel(file: string, options: GraphModelOptions = {}): Promise<ImportedModel> {
  const modelFile = await findModelFile(file);
  return readGraphModel(await readModelJson(modelFile), modelFile, options);
}

/** The same from the content of a model.json. */
export async function readGraphModel(
  json: unknown,
  modelFile: string,
  { outputName }: GraphModelOptions = {},
): Promise<ImportedModel> {
  const content = parse(json, modelFile);
  const graph = graphOf(content.modelTopology.node, modelFile);
  const ports = choosePorts(graph, content.signature ?? {}, modelFile, outputName);
  const order = orderFor(graph, ports.output.node, modelFile);
  const weights = await readStoredWeights(content.weightsManifest, modelFile);
  registerGradients();
  const interpreter = new Interpreter(order, ports.input, weights);
  try {
    const classes = tryOut(interpreter, ports, modelFile, trialShape(ports));
    const end = outputEnd(graph, ports.output);
    const told = recognizeInput(
      firstSteps(ports.input, order.map(stepOf), (name) => weights.get(name)?.values),
    );
    const run = (x: tf.Tensor, output: NodeOutput): GraphValue | undefined => interpreter.run(x, [output])[0];
    // What a Reshape or Squeeze after the softmax would make of them.
    const asRows = (value: GraphValue | undefined): tf.Tensor =>
      rank2(value instanceof tf.Tensor ? tf.reshape(value, [batchOf(value), -1]) : value, modelFile);
    return {
      format: 'graph-model',
      inputShape: ports.inputShape,
      layout: ports.layout,
      classes,
      metadata: metadataOf(content),
      random: order.some(({ op }) => isRandom(op)),
      weights: interpreter.variables,
      inputRange: told?.range,
      normalizes: told?.normalizes,
      output: { name: ports.outputName, because: ports.because, all: ports.outputs },
      outputs: end && (end.kind === 'softmax' ? 'probabilities' : 'logits'),
      forward: (x) => rank2(run(x, ports.output), modelFile),
      tryOut: (shape) => void tryOut(interpreter, ports, modelFile, shape),
      ...(end?.kind === 'softmax' ? { logits: (x: tf.Tensor) => asRows(run(x, end.input)) } : {}),
      dispose: () => {
        interpreter.dispose();
      },
    };
  } catch (error) {
    interpreter.dispose();
    throw error;
  }
}

function parse(json: unknown, modelFile: string): GraphModelFile {
  const parsed = graphModelFile.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new M2atError('checkpoint', `no TF.js graph model: ${issue?.message ?? 'wrong content'}`, {
      where: `${modelFile}: ${issue?.path.join('.') ?? ''}`.replace(/: $/, ''),
      hint: whatWorks,
    });
  }
  return parsed.data;
}

function trialShape({ inputShape, trial }: Ports): number[] {
  return inputShape.map((size, axis) => size ?? trial[axis] ?? 1);
}

/**
 * Runs the graph and its gradient once on shapes alone, which finds every node that can't be run or differentiated.
 * Returns the number of classes.
 */
function tryOut(
  interpreter: Interpreter,
  { output }: Ports,
  modelFile: string,
  shape: readonly number[],
): number {
  const refuse = (node: NodeName | undefined, cause: unknown): M2atError =>
    new M2atError(
      'unsupported',
      node ? `no gradients through the op ${node.op}` : 'no gradients through its output',
      {
        where: node ? `${modelFile}: node ${node.name} (${node.op})` : modelFile,
        hint: 'Convert the model to ONNX: score- and decision-based attacks need its forward pass only.',
        cause,
      },
    );
  const scores = (x: tf.Tensor): tf.Tensor => rank2(interpreter.run(x, [output])[0], modelFile);
  return tryNetwork({ file: modelFile, shape, scores, refuse })[1] ?? 0;
}

function rank2(value: GraphValue | undefined, modelFile: string): tf.Tensor {
  if (value === undefined || value instanceof HostValue || value.rank !== 2) {
    const shape = value ? `[${value.shape.join(', ')}]` : 'nothing';
    throw new M2atError('checkpoint', `no image classifier: it returns ${shape}`, {
      where: `${modelFile}: signature.outputs`,
      hint: 'Expected an output [N, classes].',
    });
  }
  return value;
}

function batchOf({ shape: [batch = 1] }: tf.Tensor): number {
  return batch;
}

/** The name of a node stands for its first result. */
function stepOf({ name, op, inputs }: GraphNode): { op: string; inputs: string[]; outputs: string[] } {
  const nameOf = ({ node, index }: NodeOutput): string => (index === 0 ? node : `${node}:${index}`);
  return { op, inputs: inputs.map(nameOf), outputs: [name] };
}

function metadataOf({
  generatedBy,
  convertedBy,
  userDefinedMetadata,
}: GraphModelFile): Record<string, string> {
  const entries: [string, unknown][] = [
    ['generatedBy', generatedBy],
    ['convertedBy', convertedBy],
    ...Object.entries(userDefinedMetadata ?? {}),
  ];
  return Object.fromEntries(
    entries.flatMap(([key, value]) => {
      if (value === undefined || value === null) return [];
      return [[key, typeof value === 'string' ? value : JSON.stringify(value)]];
    }),
  );
}
