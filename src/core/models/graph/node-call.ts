import * as tf from '@tensorflow/tfjs';
import { sizeOf } from '../../engine/arrays/nd-array';
import { M2atError } from '../../errors';
import {
  isNumberList,
  maxHostElements,
  type Graph,
  type GraphNode,
  type HostArray,
  type Obstacle,
} from './graph';
import { isTensorValue, TensorValue, type GraphValue } from './value';
import { WeightValue } from './weight-value';
import { inForm, type WeightForm } from './weight-forms';
import type { Weights } from './weights';

/** What the nodes of one run share. */
export interface RunContext {
  readonly graph: Graph;
  /** Not there where constants are computed. */
  readonly weights?: Weights;
  /** Images in this run. */
  readonly batch: number;
}

/** One node about to run: its inputs and attributes, checked as they are read. */
export class NodeCall {
  constructor(
    readonly node: GraphNode,
    readonly context: RunContext,
    readonly inputs: readonly (GraphValue | undefined)[],
    /** Whether an input depends on the images, and not on weights alone. */
    readonly ofImages = true,
  ) {}

  get opset(): number {
    return this.context.graph.opset;
  }

  /** The number of images that the file is fixed to, if it is. */
  get declaredBatch(): number | null {
    return this.context.graph.input.shape[0] ?? null;
  }

  has(index: number): boolean {
    return this.inputs[index] !== undefined;
  }

  /** An input as a tensor; numbers that are known become a constant, weights the file's variables. */
  value(index: number): TensorValue {
    const input = this.inputs[index];
    if (!input) throw this.damaged(`its input ${index} is missing`);
    if (isTensorValue(input)) return input;
    return new TensorValue(this.context.weights?.get(input, 'plain') ?? constantTensor(input));
  }

  /** An input as a tensor in ONNX's order. */
  plain(index: number): tf.Tensor {
    return this.value(index).plain();
  }

  /** An input of four dimensions with its channels last. */
  image(index: number): tf.Tensor4D {
    const value = this.value(index);
    if (value.rank !== 4) throw this.unsupported(`on data of ${value.rank} dimensions`);
    return value.image();
  }

  /** A filter in the form that TF.js wants. */
  weight(index: number, form: WeightForm, groups: number): tf.Tensor {
    const input = this.inputs[index];
    if (input instanceof WeightValue && input.stored.form === form) return input.tensor;
    const stored = input && !isTensorValue(input) ? this.context.weights?.get(input, form) : undefined;
    return stored ?? inForm(this.plain(index), form, groups);
  }

  shape(index: number): number[] {
    const input = this.inputs[index];
    if (!input) throw this.damaged(`its input ${index} is missing`);
    return [...input.shape];
  }

  /** An input that decides about shapes, so it has to be known before the run. */
  known(index: number, what: string): HostArray {
    const input = this.inputs[index];
    if (!input) throw this.damaged(`its input ${what} is missing`);
    if (!isTensorValue(input)) return input;
    throw this.unsupported(`whose ${what} depends on the image`);
  }

  /** A known input as a list; undefined when it is absent. */
  list(index: number, what: string): number[] | undefined {
    if (!this.has(index)) return undefined;
    const { data } = this.known(index, what);
    if (data.length > maxHostElements) throw this.damaged(`its ${what} has ${data.length} numbers`);
    return [...data];
  }

  /** A known input as one number. */
  number(index: number, what: string): number | undefined {
    const list = this.list(index, what);
    if (list && list.length !== 1) throw this.damaged(`its ${what} has ${list.length} numbers`);
    return list?.[0];
  }

  /** An attribute that is a number, within [min, max]. */
  scalar(name: string, fallback: number): number {
    const value = this.node.attributes.get(name) ?? fallback;
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    throw this.damaged(`its attribute ${name} is no number`);
  }

  integer(name: string, fallback: number): number {
    const value = this.scalar(name, fallback);
    if (Number.isSafeInteger(value)) return value;
    throw this.damaged(`its attribute ${name} is ${value}`);
  }

  text(name: string, fallback: string): string {
    const value = this.node.attributes.get(name) ?? fallback;
    if (typeof value === 'string') return value;
    throw this.damaged(`its attribute ${name} is no text`);
  }

  flag(name: string, fallback = false): boolean {
    const value = this.node.attributes.get(name) ?? fallback;
    if (typeof value === 'boolean') return value;
    throw this.damaged(`its attribute ${name} is neither true nor false`);
  }

  integers(name: string): readonly number[] | undefined {
    const value = this.node.attributes.get(name);
    if (value === undefined) return undefined;
    if (isNumberList(value) && value.every(Number.isSafeInteger)) return value;
    throw this.damaged(`its attribute ${name} is no list of integers`);
  }

  texts(name: string): readonly string[] {
    const value = this.node.attributes.get(name) ?? [];
    if (typeof value === 'object' && !('data' in value) && value.every(isText)) return value;
    throw this.damaged(`its attribute ${name} is no list of texts`);
  }

  /** Two numbers of an attribute, each at least 1. */
  pair(name: string, fallback: readonly [number, number]): [number, number] {
    const [height, width, ...rest] = this.integers(name) ?? fallback;
    if (height === undefined || width === undefined || rest.length > 0 || height < 1 || width < 1) {
      throw this.damaged(`its attribute ${name} should be two numbers above 0`);
    }
    return [height, width];
  }

  /** `axes`: an attribute in older opsets, an input in newer ones; as non-negative numbers. */
  axes(rank: number, index = 1): number[] | undefined {
    const list = this.integers('axes') ?? this.list(index, 'axes');
    const axes = list?.map((axis) => this.axis(axis, rank));
    if (axes && new Set(axes).size !== axes.length) throw this.damaged('it names an axis twice');
    return axes;
  }

  axis(axis: number, rank: number): number {
    const positive = axis < 0 ? axis + rank : axis;
    if (Number.isInteger(positive) && positive >= 0 && positive < rank) return positive;
    throw this.damaged(`it names the axis ${axis} of ${rank}`);
  }

  /** Refuses a result of a size that no image classifier has, before it is computed. */
  reserve(shape: readonly number[]): void {
    const { graph, batch } = this.context;
    const valid = shape.every((size) => Number.isSafeInteger(size) && size >= 0);
    if (!valid || sizeOf(shape) > graph.dialect.maxElements * Math.max(1, batch)) {
      throw this.damaged(`its result would have the shape [${shape.join(', ')}]`);
    }
  }

  get where(): string {
    return `${this.context.graph.modelFile}: node ${this.node.name} (${this.node.op})`;
  }

  /** The error for a node that contradicts itself or the definition of its operator. */
  damaged(what: string, hint = this.context.graph.dialect.hints.node): M2atError {
    return new M2atError('checkpoint', what, { where: this.where, hint });
  }

  /** The error for a use of the operator that has no TF.js counterpart here. */
  unsupported(how: string, more: Obstacle = {}): M2atError {
    const { graph } = this.context;
    return graph.dialect.refuse(graph, this.node, { how, ...more });
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

/** Numbers that are known as a tensor. */
export function constantTensor({ data, shape, dtype }: HostArray): tf.Tensor {
  const type = dtype === 'float' ? 'float32' : dtype === 'int' ? 'int32' : 'bool';
  // int64's ends stand for "to the end"; what tensors hold is small.
  const values =
    dtype === 'float'
      ? data
      : Int32Array.from(data, (value) => Math.min(Math.max(value, -(2 ** 31)), 2 ** 31 - 1));
  return tf.tensor(type === 'bool' ? Uint8Array.from(values) : values, [...shape], type);
}
