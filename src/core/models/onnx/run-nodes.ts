import * as tf from '@tensorflow/tfjs';
import { sizeOf } from '../../engine/arrays/nd-array';
import { onCpu } from '../../engine/tracing/host-storage';
import { asWritten } from '../../engine/tracing/as-written';
import { inScope } from '../../engine/graph/scope';
import { M2atError, messageOf } from '../../errors';
import { asInput, asOutput, tapsInputs } from '../gradient-taps';
import type { HostArray, OnnxGraph, OnnxNode } from './graph';
import { maxHostElements, NodeCall, type RunContext } from './node-call';
import type { Op } from './ops/op';
import { isRandom, opOf } from './registry';
import { cannotDifferentiate } from './unsupported';
import { isTensorValue, TensorValue, type OnnxValue } from './value';
import type { Weights } from './weights';

/** Elements of all values of a run for each image: beyond this a file is taken for damaged. */
const maxTotalElements = 2 ** 28;

/** Ops whose result depends on the shape of their input alone. */
const shapeOnly = new Set(['Shape', 'Size']);

export interface RunOptions {
  /** The value to return, the graph's output if not said otherwise. */
  readonly wanted?: string | undefined;
  /** The operators: those of the registry if not said otherwise. */
  readonly operators?: (node: OnnxNode) => Op | undefined;
}

/**
 * Runs a graph on images in the file's own layout, as TF.js ops: differentiable, and traceable by the compiler.
 * @returns the value that is wanted, in ONNX's order
 * @throws M2atError that names the node
 */
export function runNodes(
  graph: OnnxGraph,
  weights: Weights,
  images: tf.Tensor,
  { wanted = graph.output.name, operators = opOf }: RunOptions = {},
): tf.Tensor {
  const [batch = 1] = images.shape;
  const context: RunContext = {
    file: graph.file,
    opset: graph.opset,
    weights,
    batch,
    declaredBatch: graph.input.shape[0] ?? null,
  };
  const values = new Map<string, OnnxValue>(graph.initializers);
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
    const results = runNode(call, inputs, operators);
    node.outputs.forEach((name, index) => {
      const result = results[index];
      if (!name || !result) return;
      call.reserve(result.shape);
      values.set(name, ofImages && isTensorValue(result) ? result.through((y) => asOutput(node, y)) : result);
      if (isTensorValue(result)) total += sizeOf(result.shape);
    });
    if (total > maxTotalElements * Math.max(1, context.batch)) {
      throw call.damaged('the network makes more numbers than an image classifier has');
    }
  }
  const output = values.get(wanted);
  if (output && isTensorValue(output)) return output.plain();
  throw new M2atError('checkpoint', 'its output does not depend on the image', { where: graph.file });
}

/** Without the padding in front of it, through which its gradient would pass by the node. */
function tappedInput(node: OnnxNode, value: OnnxValue): OnnxValue {
  return isTensorValue(value) ? value.with(asInput(node, value.tensor)) : value;
}

function runNode(
  call: NodeCall,
  inputs: readonly (OnnxValue | undefined)[],
  operators: (node: OnnxNode) => Op | undefined,
): readonly OnnxValue[] {
  const { node } = call;
  const op = operators(node);
  if (!op) throw cannotDifferentiate(node, call.opset, call.context.file);
  const apply = (): readonly OnnxValue[] => {
    const result = op(call);
    return isSingle(result) ? [result] : result;
  };
  try {
    return inScope(node.name, () => asWritten(() => (isKnown(node, inputs) ? onHost(apply) : apply())));
  } catch (error) {
    if (error instanceof M2atError) throw error;
    throw new M2atError('checkpoint', messageOf(error), {
      where: call.where,
      hint: 'The network wants images of another size, or its nodes do not fit together: export it again.',
      cause: error,
    });
  }
}

function isSingle(result: OnnxValue | readonly OnnxValue[]): result is OnnxValue {
  return !Array.isArray(result);
}

/** Whether a node's result can be computed ahead: sizes and the like, not weights. */
function isKnown(node: OnnxNode, inputs: readonly (OnnxValue | undefined)[]): boolean {
  if (shapeOnly.has(node.op)) return true;
  if (isRandom(node)) return false;
  const arrays = inputs.flatMap((value) => (value && !isTensorValue(value) ? [value] : []));
  const given = inputs.filter((value) => value !== undefined).length;
  return arrays.length === given && arrays.every(({ data }) => data.length <= maxHostElements);
}

/** Computes on TF.js's own backend right away, also while a program is being traced. */
function onHost(apply: () => readonly OnnxValue[]): readonly OnnxValue[] {
  return onCpu(() => {
    let results: readonly OnnxValue[] = [];
    tf.tidy(() => {
      results = apply().map((value) => (isTensorValue(value) ? hostArray(value) : value));
    });
    return results;
  });
}

function hostArray(value: TensorValue): HostArray {
  const tensor = value.plain();
  const data = tensor.dataSync();
  const { shape } = tensor;
  if (tensor.dtype === 'float32') return { dtype: 'float', shape, data: Float32Array.from(data) };
  return { dtype: tensor.dtype === 'bool' ? 'bool' : 'int', shape, data: Float64Array.from(data) };
}
