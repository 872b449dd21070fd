import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { registerGradients } from '../../engine/gradients/register';
import { M2atError } from '../../errors';
import type { ImportedModel } from '../imported-model';
import { tryNetwork } from '../try-network';
import type { NodeName } from '../gradient-taps';
import type { OnnxGraph } from './graph';
import { firstSteps } from '../input/first-steps';
import { recognizeInput } from '../input/recognize-input';
import { inputLayout } from './input-layout';
import { outputEnd } from './output-end';
import { assertInference } from './training-mode';
import { readOnnxGraph } from './read-graph';
import { isRandom, opOf } from './registry';
import { runNodes } from './run-nodes';
import { forwardOnlyHint } from './forward-only-hint';
import { newestOpset, oldestOpset } from './opsets';
import { cannotDifferentiate } from './unsupported';
import { Weights } from './weights';

/**
 * Loads an image classifier from an .onnx file and rebuilds it of TF.js ops, so that it can be differentiated and
 * compiled. Weights may lie in other files of its folder. The file is taken for hostile.
 * Every node and its gradient are tried once, on shapes alone.
 * @param outputName of several outputs, the one with the scores
 * @throws M2atError `checkpoint` for whatever is wrong with it; `unsupported` for an op or opset that is not understood, or a
 * gradient that can't be built, naming op, node and opset
 */
export async function loadOnnxModel(
  file: string,
  { outputName }: { readonly outputName?: string | undefined } = {},
): Promise<ImportedModel> {
  const graph = await readOnnxGraph(path.resolve(file), outputName);
  assertUnderstood(graph);
  assertInference(graph);
  registerGradients();
  const weights = new Weights(graph);
  const { input, output, metadata } = graph;
  const scores = (x: tf.Tensor, wanted?: string): tf.Tensor => {
    assertFits(x, graph);
    return tf.tidy(() => asScores(runNodes(graph, weights, x, { wanted }), batchOf(x), graph.file));
  };
  try {
    const declared = output.shape?.length === 2 ? output.shape[1] : undefined;
    const classes = tryOut(graph, scores) ?? declared ?? undefined;
    const end = outputEnd(graph);
    const { layout, recognized } = inputLayout(input, nodesForLayout(graph));
    const told = recognizeInput(firstSteps(input.name, graph.nodes, (name) => constantOf(graph, name)));
    return {
      format: 'onnx',
      inputShape: input.shape,
      layout,
      layoutRecognized: recognized,
      inputRange: told?.range,
      normalizes: told?.normalizes,
      output: { name: output.name, because: graph.because, all: graph.outputs },
      classes,
      metadata,
      random: graph.nodes.some(isRandom),
      dropsAt: graph.nodes.find((node) => node.op === 'Dropout' && isRandom(node))?.name,
      weights: weights.variables,
      outputs: end && (end.kind === 'softmax' ? 'probabilities' : 'logits'),
      forward: (x) => scores(x),
      tryOut: (shape) => void tryAt(graph, scores, shape),
      ...(end?.kind === 'softmax' ? { logits: (x: tf.Tensor) => scores(x, end.input) } : {}),
      dispose: () => {
        weights.dispose();
      },
    };
  } catch (error) {
    weights.dispose();
    throw error;
  }
}

/** The numbers of an initializer, or of a node Constant. */
function constantOf({ nodes, initializers }: OnnxGraph, name: string): ArrayLike<number> | undefined {
  const weight = initializers.get(name);
  if (weight) return weight.data;
  const node = nodes.find(({ op, outputs }) => op === 'Constant' && outputs[0] === name);
  for (const value of node?.attributes.values() ?? []) {
    if (typeof value === 'number') return [value];
    if (typeof value === 'object') return 'data' in value ? value.data : value;
  }
  return undefined;
}

/** Rows and columns to try where a file leaves them open. */
const usualSize = 224;

/**
 * Runs the network and its gradient once on shapes alone, which finds every node that can't be run or differentiated.
 * Returns the number of classes, where the size of the images is known.
 */
function tryOut(graph: OnnxGraph, scores: (x: tf.Tensor) => tf.Tensor): number | undefined {
  const [batch, ...rest] = graph.input.shape;
  const isKnown = rest.every((size) => size !== null);
  const channelsFirst = rest[0] !== null || rest[2] === null;
  const usual = channelsFirst ? [3, usualSize, usualSize] : [usualSize, usualSize, 3];
  // Two images where that is open: with one, a Squeeze would take the batch for what it is to remove.
  const shape = [batch ?? 2, ...rest.map((size, axis) => size ?? usual[axis] ?? 1)];
  try {
    return tryAt(graph, scores, shape);
  } catch (error) {
    // Another size than the network's may be what is wrong.
    if (!isKnown && error instanceof M2atError && error.code === 'checkpoint') return undefined;
    throw error;
  }
}

function tryAt(
  graph: OnnxGraph,
  scores: (x: tf.Tensor) => tf.Tensor,
  shape: readonly number[],
): number | undefined {
  const { file, opset, nodes } = graph;
  const refuse = (reached: NodeName | undefined, cause: unknown): M2atError => {
    const node = nodes.find((candidate) => candidate === reached);
    if (node) return cannotDifferentiate(node, opset, file, { cause });
    return new M2atError('unsupported', 'no gradients through its output', {
      where: file,
      hint: forwardOnlyHint,
      cause,
    });
  };
  return tryNetwork({ file, shape, scores, refuse })[1];
}

function nodesForLayout({ nodes }: OnnxGraph): Parameters<typeof inputLayout>[1] {
  return nodes.map((node) => {
    const permutation = node.attributes.get('perm');
    const isList = typeof permutation === 'object' && !('data' in permutation);
    return { ...node, permutation: isList ? permutation : undefined };
  });
}

function assertUnderstood({ nodes, opset, file }: OnnxGraph): void {
  if (opset < oldestOpset || opset > newestOpset) {
    const [first] = nodes;
    throw new M2atError(
      'unsupported',
      `no gradients through models of opset ${opset}, only ${oldestOpset} to ${newestOpset} (node ${first?.name ?? ''}, op ${first?.op ?? ''})`,
      {
        where: file,
        hint: `Export the model again, say with opset 17. ${forwardOnlyHint}`,
      },
    );
  }
  const unknown = nodes.find((node) => !opOf(node));
  if (unknown) throw cannotDifferentiate(unknown, opset, file);
}

/** The batch may differ from the file's: a file that is fixed to one image runs with more. */
function assertFits(x: tf.Tensor, { input, file }: OnnxGraph): void {
  const wanted = input.shape;
  const fits =
    x.rank === wanted.length &&
    wanted.every((size, axis) => axis === 0 || size === null || size === x.shape[axis]);
  if (fits) return;
  const shape = wanted.map((size, axis) => (axis === 0 ? 'N' : (size ?? '?'))).join(', ');
  throw new M2atError('bad-input', `the model wants images [${shape}], not [${x.shape.join(', ')}]`, {
    where: file,
  });
}

function batchOf({ shape: [batch = 0] }: tf.Tensor): number {
  return batch;
}

/** [N, classes]: axes of size 1 go, one score an image becomes a column. */
function asScores(output: tf.Tensor, batch: number, file: string): tf.Tensor {
  const shape = output.shape.filter((size, axis) => axis === 0 || size !== 1);
  if (output.dtype === 'float32' && shape[0] === batch && shape.length <= 2) {
    return tf.reshape(output, [batch, shape[1] ?? 1]);
  }
  throw new M2atError(
    'checkpoint',
    `no image classifier: it returns ${output.dtype} [${output.shape.join(', ')}] for ${batch} images`,
    {
      where: file,
      hint: 'Expected one row of class scores for each image.',
    },
  );
}
