import * as tf from '@tensorflow/tfjs';
import { onCpu } from '../../engine/tracing/host-storage';
import { asWritten } from '../../engine/tracing/as-written';
import { inScope } from '../../engine/graph/scope';
import { M2atError, messageOf } from '../../errors';
import { asInput, asOutput } from '../gradient-taps';
import type { GraphNode } from './graph';
import { HostValue, type GraphValue } from './host-value';
import { maxElements } from './limits';
import { OpCall, type Op } from './op-call';
import { findOp, supportedOps } from './op-table';
import type { StoredWeight } from '../stored-weights';

/** Inputs of more elements than this are no shapes: they are computed with the network. */
const maxHostElements = 512;

interface Step {
  readonly node: GraphNode;
  readonly op: Op;
}

/** A graph that is ready to run: every op is known, every constant is there. */
export class Interpreter {
  private readonly steps: readonly Step[];
  private readonly constants = new Map<string, GraphValue>();
  readonly variables: readonly tf.Variable[];

  /**
   * @param order the nodes, each after its inputs
   * @param input the Placeholder that is fed
   * @throws M2atError `unsupported` for an op that is not in the table, `checkpoint` for a constant without weight
   */
  constructor(
    order: readonly GraphNode[],
    private readonly input: string,
    weights: ReadonlyMap<string, StoredWeight>,
  ) {
    const steps: Step[] = [];
    const constants: GraphNode[] = [];
    for (const node of order) {
      if (node.name === input) continue;
      if (node.op === 'Const') constants.push(node);
      else steps.push({ node, op: findOp(node.op) ?? unsupported(node) });
    }
    this.steps = steps;
    const variables: tf.Variable[] = [];
    for (const node of constants) {
      const value = constantOf(weights.get(node.name), node);
      if (isVariable(value)) variables.push(value);
      this.constants.set(node.name, value);
    }
    this.variables = variables;
  }

  /**
   * Runs the graph, for use inside a program.
   * @returns the first result of each of the nodes `outputs`
   * @throws M2atError that names the node which can't be run on this input
   */
  run(x: tf.Tensor, outputs: readonly { node: string; index: number }[]): GraphValue[] {
    const values = new Map<string, readonly GraphValue[]>([[this.input, [x]]]);
    const [batch = 1] = x.shape;
    const read = (name: string, index: number, where: string): GraphValue => {
      const constant = index === 0 ? this.constants.get(name) : undefined;
      const value = constant ?? values.get(name)?.[index];
      if (value !== undefined) return value;
      throw new M2atError('checkpoint', `the node ${name} has no result ${index}`, { where });
    };
    for (const { node, op } of this.steps) {
      const inputs = node.inputs.map((input) =>
        tappable(read(input.node, input.index, node.where), (x) => asInput(node, x)),
      );
      const results = runNode(op, new OpCall(node, inputs), batch);
      values.set(
        node.name,
        results.map((value) => tappable(value, (y) => asOutput(node, y))),
      );
    }
    return outputs.map(({ node, index }) => read(node, index, this.input));
  }

  dispose(): void {
    tf.dispose([...this.variables]);
  }
}

/** Weights and values that are known have no gradient to look at. */
function tappable(value: GraphValue, tap: (x: tf.Tensor) => tf.Tensor): GraphValue {
  return value instanceof tf.Tensor && !isVariable(value) ? tap(value) : value;
}

function isVariable(value: GraphValue): value is tf.Variable {
  return value instanceof tf.Variable;
}

function runNode(op: Op, call: OpCall, batch: number): readonly GraphValue[] {
  const { node, inputs } = call;
  try {
    const onHost = op.onHost === true && inputs.length > 0 && isSmall(inputs);
    const results = inScope(node.name, () =>
      asWritten(() => (onHost ? runOnHost(op, call) : list(op.run(call)))),
    );
    for (const value of results) if (value instanceof tf.Tensor) assertSize(value, call, batch);
    return results;
  } catch (error) {
    if (error instanceof M2atError) throw error;
    throw new M2atError('checkpoint', `the op can't be run: ${messageOf(error)}`, {
      where: node.where,
      hint: 'The network does not fit images of this size, or its nodes do not fit together: convert it again.',
      cause: error,
    });
  }
}

function isSmall(inputs: readonly GraphValue[]): boolean {
  const sizes = inputs.map((value) => (value instanceof HostValue ? value.data.length : Infinity));
  return sizes.reduce((sum, size) => sum + size, 0) <= maxHostElements;
}

function runOnHost(op: Op, call: OpCall): GraphValue[] {
  return onCpu(() => {
    const results: GraphValue[] = [];
    tf.tidy(() => {
      for (const value of list(op.run(call))) {
        if (value instanceof tf.Tensor) assertSize(value, call, 1, true);
        results.push(value instanceof tf.Tensor ? HostValue.of(value) : value);
      }
    });
    return results;
  });
}

function list(result: GraphValue | readonly GraphValue[]): readonly GraphValue[] {
  return result instanceof HostValue || result instanceof tf.Tensor ? [result] : result;
}

function assertSize(value: tf.Tensor, call: OpCall, batch: number, mayBeEmpty = false): void {
  const shape = `[${value.shape.join(', ')}]`;
  if (value.shape.some((size) => size < 0 || (size === 0 && !mayBeEmpty))) {
    throw new M2atError('checkpoint', `its result ${shape} is empty`, {
      where: call.node.where,
      hint: 'The image is too small for the network.',
    });
  }
  if (value.size > maxElements * Math.max(1, batch)) {
    throw new M2atError('checkpoint', `its result ${shape} is too large`, { where: call.node.where });
  }
}

/** Numbers and whole numbers are known while the network is built, other weights are variables. */
function constantOf(weight: StoredWeight | undefined, node: GraphNode): GraphValue {
  if (!weight) {
    throw new M2atError('checkpoint', 'its weight is missing', {
      where: node.where,
      hint: 'The manifest of the model does not name it: copy model.json and its weight files again.',
    });
  }
  const { shape, dtype, values } = weight;
  if (dtype !== 'float32' || shape.length === 0) return new HostValue(shape, dtype, values);
  return onCpu(() => tf.tidy(() => tf.variable(tf.tensor(values, [...shape], dtype), false)));
}

function unsupported(node: GraphNode): never {
  throw new M2atError('unsupported', `the op ${node.op} is not supported`, {
    where: node.where,
    hint:
      node.op === 'Placeholder'
        ? 'Models with one input can be attacked.'
        : `Convert the model to ONNX: score- and decision-based attacks need its forward pass only. Supported are ${supportedOps.join(', ')}.`,
  });
}
