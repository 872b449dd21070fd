import type * as tf from '@tensorflow/tfjs';
import { sizeOf } from '../../engine/arrays/nd-array';
import { asWritten } from '../../engine/tracing/as-written';
import { inScope } from '../../engine/graph/scope';
import { M2atError, messageOf } from '../../errors';
import { asInput, asOutput, tapsInputs } from '../gradient-taps';
import type { Graph, GraphNode } from './graph';
import { computeKnown, isKnown, resultsOf } from './known';
import { NodeCall } from './node-call';
import { operatorOf, type FindOperator } from './operators';
import { isTensorValue, TensorValue, type GraphValue } from './value';
import type { Weights } from './weights';

export interface RunOptions {
  /** The value to return, the graph's output if not said otherwise. */
  readonly wanted?: string | undefined;
  /** The operators: those of the table if not said otherwise. */
  readonly find?: FindOperator;
  /** Weights that are trained, by name: no constants of the graph. */
  readonly trained?: ReadonlyMap<string, TensorValue>;
}

/**
 * Runs a graph on images in the file's own layout, as TF.js ops: differentiable, and traceable by the compiler.
 * @returns the value that is wanted, in the order of the file's operators
 * @throws M2atError that names the node
 */
export function runNodes(
  graph: Graph,
  weights: Weights,
  images: tf.Tensor,
  { wanted = graph.output, find = operatorOf, trained = new Map() }: RunOptions = {},
): tf.Tensor {
  const { dialect } = graph;
  const [batch = 1] = images.shape;
  const context = { graph, weights, batch };
  const values = new Map<string, GraphValue>(graph.constants);
  for (const [name, weight] of trained) values.set(name, weight);
  values.set(graph.input.name, new TensorValue(images));
  const dependent = new Set([graph.input.name]);
  let total = 0;
  for (const node of graph.nodes) {
    const ofImages = node.inputs.some((name) => dependent.has(name));
    const inputs = node.inputs.map((name) => {
      const value = name ? values.get(name) : undefined;
      return value && tapsInputs() && dependent.has(name) ? tappedInput(node, value) : value;
    });
    if (ofImages) for (const name of node.outputs) dependent.add(name);
    const call = new NodeCall(node, context, inputs, ofImages);
    const results = runNode(call, find);
    node.outputs.forEach((name, index) => {
      const result = results[index];
      if (!name || !result) return;
      call.reserve(result.shape);
      values.set(name, ofImages && isTensorValue(result) ? result.through((y) => asOutput(node, y)) : result);
      if (!isTensorValue(result)) return;
      const size = sizeOf(result.shape);
      total += size;
      if (size > 0 || dialect.allowsEmpty) return;
      throw call.damaged(
        `its result [${result.shape.join(', ')}] is empty`,
        'The image is too small for the network.',
      );
    });
    if (total > dialect.maxTotalElements * Math.max(1, batch)) {
      throw call.damaged('the network makes more numbers than an image classifier has');
    }
  }
  const output = values.get(wanted);
  if (output && isTensorValue(output)) return output.plain();
  throw new M2atError('checkpoint', 'its output does not depend on the image', { where: graph.modelFile });
}

/** Without the padding in front of it, through which its gradient would pass by the node. */
function tappedInput(node: GraphNode, value: GraphValue): GraphValue {
  return isTensorValue(value) ? value.with(asInput(node, value.tensor)) : value;
}

function runNode(call: NodeCall, find: FindOperator): readonly GraphValue[] {
  const { node, context, ofImages } = call;
  const { graph } = context;
  const operator = find(graph, node);
  if (!operator) throw graph.dialect.refuse(graph, node);
  const { evaluate, gradient } = operator;
  const known = isKnown(operator, call);
  if (gradient === 'none' && ofImages && !known) throw call.unsupported('of values that depend on the image');
  try {
    return inScope(node.name, () =>
      asWritten(() => (known ? computeKnown(evaluate, call) : resultsOf(evaluate, call))),
    );
  } catch (error) {
    if (error instanceof M2atError) throw error;
    throw new M2atError('checkpoint', messageOf(error), {
      where: call.where,
      hint: graph.dialect.hints.run,
      cause: error,
    });
  }
}
