import * as tf from '@tensorflow/tfjs';
import { registerGradients } from '../../engine/gradients/register';
import { M2atError } from '../../errors';
import type { NodeName } from '../gradient-taps';
import type { ImportedModel } from '../imported-model';
import { firstSteps } from '../input/first-steps';
import { recognizeInput } from '../input/recognize-input';
import { tryNetwork } from '../try-network';
import type { Graph } from './graph';
import { isRandom } from './operators';
import { outputEnd } from './output-end';
import { runNodes } from './run-nodes';
import { Weights } from './weights';

export interface GraphImport extends Pick<ImportedModel, 'layout' | 'layoutRecognized'> {
  /** As the file has it. */
  readonly graph: Graph;
  /** As it is run (prepare-graph.ts). */
  readonly prepared: Graph;
  /** Refuses images that the network is not for, before it is run. */
  readonly assertFits?: (images: tf.Tensor) => void;
  /**
   * The scores [N, classes] for images.
   * @param isOutput whether `value` is the file's output, and not what a softmax in front of it reads
   * @throws M2atError `checkpoint` when it is of another shape
   */
  readonly asScores: (value: tf.Tensor, images: tf.Tensor, isOutput: boolean) => tf.Tensor;
  /**
   * Tries the network when it is loaded.
   * @param tryAt runs it on the shapes of images; returns the number of classes
   */
  readonly tryOut: (tryAt: (shape: readonly number[]) => number | undefined) => number | undefined;
}

/**
 * A graph as a network that can be attacked. It and its gradient are tried once, on shapes alone.
 * @throws M2atError that names the node that can't be run, `checkpoint`, or differentiated, `unsupported`
 */
export function importGraph(from: GraphImport): ImportedModel {
  const { graph, prepared, layout, layoutRecognized, asScores } = from;
  registerGradients();
  const weights = new Weights(graph);
  const scores = (x: tf.Tensor, wanted = graph.output): tf.Tensor => {
    from.assertFits?.(x);
    return tf.tidy(() => asScores(runNodes(prepared, weights, x, { wanted }), x, wanted === graph.output));
  };
  const tryAt = (shape: readonly number[]): number | undefined =>
    tryNetwork({
      modelFile: graph.modelFile,
      shape,
      scores,
      refuse: (node, cause) => refusal(graph, node, cause),
    })[1];
  try {
    const classes = from.tryOut(tryAt);
    const end = outputEnd(graph);
    const { input, nodes } = graph;
    const told = recognizeInput(firstSteps(input.name, nodes, (name) => constantOf(graph, prepared, name)));
    return {
      format: graph.dialect.format,
      inputShape: input.shape,
      layout,
      layoutRecognized,
      inputRange: told?.range,
      normalizes: told?.normalizes,
      output: graph.outputs,
      classes,
      metadata: graph.metadata,
      random: nodes.some((node) => isRandom(graph, node)),
      dropsAt: nodes.find((node) => node.op === 'Dropout' && isRandom(graph, node))?.name,
      weights: weights.variables,
      outputs: end && (end.kind === 'softmax' ? 'probabilities' : 'logits'),
      forward: (x) => scores(x),
      tryOut: (shape) => void tryAt(shape),
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

/** The numbers of a constant of the file: an initializer, or a node Constant. */
function constantOf(
  { nodes, constants }: Graph,
  prepared: Graph,
  name: string,
): ArrayLike<number> | undefined {
  const isNode = nodes.some(({ op, outputs }) => op === 'Constant' && outputs[0] === name);
  return (isNode ? prepared.constants : constants).get(name)?.data;
}

function refusal(graph: Graph, reached: NodeName | undefined, cause: unknown): M2atError {
  const node = graph.nodes.find((candidate) => candidate === reached);
  if (node) return graph.dialect.refuse(graph, node, { cause });
  return new M2atError('unsupported', 'no gradients through its output', {
    where: graph.modelFile,
    hint: graph.dialect.hints.gradient,
    cause,
  });
}
