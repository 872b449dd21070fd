import type * as tf from '@tensorflow/tfjs';
import { M2atError } from '../../errors';
import type { Attributes } from './attributes';
import type { GraphNode } from './graph';
import { HostValue, type GraphValue } from './host-value';

/** One node with the values of its inputs. */
export class OpCall {
  constructor(
    readonly node: GraphNode,
    readonly inputs: readonly GraphValue[],
  ) {}

  get attributes(): Attributes {
    return this.node.attributes;
  }

  get count(): number {
    return this.inputs.length;
  }

  value(index: number): GraphValue {
    const value = this.inputs.at(index);
    if (value !== undefined) return value;
    throw this.wrong(`input ${index} is missing`);
  }

  tensor(index: number): tf.Tensor {
    const value = this.value(index);
    return value instanceof HostValue ? value.toTensor() : value;
  }

  tensors(from = 0, to = this.count): tf.Tensor[] {
    return Array.from({ length: Math.max(0, to - from) }, (_, i) => this.tensor(from + i));
  }

  /** [N, H, W, C] or [N, C, H, W]. */
  image(index = 0): tf.Tensor4D {
    return this.rank4(this.tensor(index));
  }

  rank4(tensor: tf.Tensor): tf.Tensor4D {
    const [a = 0, b = 0, c = 0, d = 0] = tensor.shape;
    if (tensor.rank === 4) return tensor.as4D(a, b, c, d);
    throw this.wrong(`[${tensor.shape.join(', ')}] has not 4 dimensions`);
  }

  /** Numbers that have to be known before the network runs, such as a shape. */
  numbers(index: number): number[] {
    const value = this.value(index);
    if (value instanceof HostValue) return Array.from(value.data);
    throw new M2atError('unsupported', `input ${index} has to be a constant or computed from shapes`, {
      where: this.node.where,
    });
  }

  number(index: number): number {
    const [value, ...more] = this.numbers(index);
    if (value !== undefined && more.length === 0) return value;
    throw this.wrong(`input ${index} is no single number`);
  }

  /** Whole numbers in [least, most]. */
  integers(index: number, least: number, most: number): number[] {
    return this.checked(this.numbers(index), least, most);
  }

  checked(values: readonly number[], least: number, most: number): number[] {
    for (const value of values) {
      if (!Number.isInteger(value) || value < least || value > most) {
        throw this.wrong(`${value} is not in [${least}, ${most}]`);
      }
    }
    return [...values];
  }

  wrong(what: string): M2atError {
    return new M2atError('checkpoint', what, {
      where: this.node.where,
      hint: 'The node is none that TensorFlow allows, or wants images of another size: convert the model again.',
    });
  }

  unsupported(what: string, hint?: string): M2atError {
    const where = this.node.where;
    return new M2atError(
      'unsupported',
      `${what} is not supported`,
      hint === undefined ? { where } : { where, hint },
    );
  }
}

/** The results of a node: one, or several in the order of their indices. */
export type OpFunction = (call: OpCall) => GraphValue | readonly GraphValue[];

export interface Op {
  readonly run: OpFunction;
  /** Whether it also computes on shapes, where all of its inputs are known. */
  readonly onHost?: boolean;
}

export type OpTable = Readonly<Record<string, Op>>;
