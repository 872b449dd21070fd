import * as tf from '@tensorflow/tfjs';
import { M2atError } from '../../errors';
import { isNumberList, type Graph } from '../graph/graph';
import { importGraph } from '../graph/import-graph';
import { assertInference } from '../graph/operators/onnx/training-mode';
import { prepareGraph } from '../graph/prepare-graph';
import type { ImportedModel } from '../imported-model';
import { forwardOnlyHint } from './forward-only-hint';
import { inputLayout } from './input-layout';
import { newestOpset, oldestOpset } from '../graph/opsets';
import { readOnnxGraph } from './read-graph';

/**
 * Loads an image classifier from an .onnx file and rebuilds it of TF.js ops, so that it can be differentiated and
 * compiled. Weights may lie in other files of its folder. The file is taken for hostile.
 * Every node and its gradient are tried once, on shapes alone.
 * @param outputName of several outputs, the one with the scores
 * @throws M2atError `checkpoint` for whatever is wrong with it; `unsupported` for an op or opset that is not understood, or a
 * gradient that can't be built, naming op, node and opset
 */
export async function loadOnnxModel(
  modelFile: string,
  { outputName }: { readonly outputName?: string | undefined } = {},
): Promise<ImportedModel> {
  const graph = await readOnnxGraph(modelFile, outputName);
  assertOpset(graph);
  const prepared = prepareGraph(graph);
  assertInference(graph);
  const { layout, recognized } = inputLayout(graph.input, nodesForLayout(graph));
  const shape = graph.outputs.all.find(({ name }) => name === graph.output)?.shape;
  const declared = shape?.length === 2 ? shape[1] : undefined;
  return importGraph({
    graph,
    prepared,
    layout,
    layoutRecognized: recognized,
    assertFits: (images) => {
      assertFits(images, graph);
    },
    asScores: (value, images) => asScores(value, images, graph),
    tryOut: (tryAt) => tryOut(graph, tryAt) ?? declared ?? undefined,
  });
}

/** Rows and columns to try where a file leaves them open. */
const usualSize = 224;

/**
 * Runs the network and its gradient once on shapes alone, which finds every node that can't be run or differentiated.
 * Returns the number of classes, where the size of the images is known.
 */
function tryOut(graph: Graph, tryAt: (shape: readonly number[]) => number | undefined): number | undefined {
  const [batch, ...rest] = graph.input.shape;
  const isKnown = rest.every((size) => size !== null);
  const channelsFirst = rest[0] !== null || rest[2] === null;
  const usual = channelsFirst ? [3, usualSize, usualSize] : [usualSize, usualSize, 3];
  // Two images where that is open: with one, a Squeeze would take the batch for what it is to remove.
  const shape = [batch ?? 2, ...rest.map((size, axis) => size ?? usual[axis] ?? 1)];
  try {
    return tryAt(shape);
  } catch (error) {
    // Another size than the network's may be what is wrong.
    if (!isKnown && error instanceof M2atError && error.code === 'checkpoint') return undefined;
    throw error;
  }
}

function nodesForLayout({ nodes }: Graph): Parameters<typeof inputLayout>[1] {
  return nodes.map((node) => {
    const permutation = node.attributes.get('perm');
    return { ...node, permutation: isNumberList(permutation) ? permutation : undefined };
  });
}

function assertOpset({ nodes, opset, modelFile }: Graph): void {
  if (opset < oldestOpset || opset > newestOpset) {
    const [first] = nodes;
    throw new M2atError(
      'unsupported',
      `no gradients through models of opset ${opset}, only ${oldestOpset} to ${newestOpset} (node ${first?.name ?? ''}, op ${first?.op ?? ''})`,
      {
        where: modelFile,
        hint: `Export the model again, say with opset 17. ${forwardOnlyHint}`,
      },
    );
  }
}

/** The batch may differ from the file's: a file that is fixed to one image runs with more. */
function assertFits(x: tf.Tensor, { input, modelFile }: Graph): void {
  const wanted = input.shape;
  const fits =
    x.rank === wanted.length &&
    wanted.every((size, axis) => axis === 0 || size === null || size === x.shape[axis]);
  if (fits) return;
  const shape = wanted.map((size, axis) => (axis === 0 ? 'N' : (size ?? '?'))).join(', ');
  throw new M2atError('bad-input', `the model wants images [${shape}], not [${x.shape.join(', ')}]`, {
    where: modelFile,
  });
}

/** [N, classes]: axes of size 1 go, one score an image becomes a column. */
export function asScores(
  output: tf.Tensor,
  images: tf.Tensor,
  { modelFile }: Pick<Graph, 'modelFile'>,
): tf.Tensor {
  const [batch = 0] = images.shape;
  const shape = output.shape.filter((size, axis) => axis === 0 || size !== 1);
  if (output.dtype === 'float32' && shape[0] === batch && shape.length <= 2) {
    return tf.reshape(output, [batch, shape[1] ?? 1]);
  }
  throw new M2atError(
    'checkpoint',
    `no image classifier: it returns ${output.dtype} [${output.shape.join(', ')}] for ${batch} images`,
    {
      where: modelFile,
      hint: 'Expected one row of class scores for each image.',
    },
  );
}
