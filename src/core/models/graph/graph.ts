import type { M2atError } from '../../errors';
import type { ModelOutputs } from '../imported-model';

/** null where the file leaves a dimension open. */
export type TensorShape = readonly (number | null)[];

/** Numbers that are known before the network runs; integers of every width are exact up to 2^53. */
export interface HostArray {
  readonly dtype: 'float' | 'int' | 'bool';
  readonly shape: readonly number[];
  readonly data: Float32Array | Float64Array;
}

/** Elements of numbers that are computed ahead of the run. */
export const maxHostElements = 2 ** 12;

export type Attribute = number | string | boolean | readonly number[] | readonly string[] | HostArray;

export function isNumberList(value: Attribute | undefined): value is readonly number[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'number');
}

export interface GraphNode {
  readonly op: string;
  /** Empty for the operators of the format itself. */
  readonly domain: string;
  /** For errors: the node's name, or that of its first output. */
  readonly name: string;
  /** Names of values; empty for an optional input that is absent. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, Attribute>;
}

/** What stands in the way of a gradient. */
export interface Obstacle {
  /** What of the operator it is, as the end of a sentence: `whose axes depends on the image`. */
  readonly how?: string;
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

/** What graphs of one format have in common: the operators that they name, their limits, and the wording of errors. */
export interface Dialect {
  readonly format: 'onnx' | 'graph-model';
  /** Elements of a value for each image of the batch: beyond this a file is taken for damaged. */
  readonly maxElements: number;
  /** The same of all values of a run together. */
  readonly maxTotalElements: number;
  /** Whether a network may have values without elements. */
  readonly allowsEmpty: boolean;
  /** What to do about a node that contradicts itself, about a network that can't be run, and about one without gradient. */
  readonly hints: Readonly<Record<'node' | 'run' | 'gradient', string>>;
  /** The error for an operator that is not supported, or has no gradient: `unsupported`, with op and node. */
  refuse(graph: Pick<Graph, 'modelFile' | 'opset'>, node: GraphNode, obstacle?: Obstacle): M2atError;
}

/** The graph of a file with one input and one output, checked and in an order in which it can run. */
export interface Graph {
  readonly modelFile: string;
  readonly dialect: Dialect;
  /** The version of ONNX that its operators are those of. */
  readonly opset: number;
  /** What the output needs, each after the nodes that it reads. */
  readonly nodes: readonly GraphNode[];
  /** Values that need no run: the file's weights that are read, and what was computed of them. */
  readonly constants: ReadonlyMap<string, HostArray>;
  readonly input: { readonly name: string; readonly shape: TensorShape };
  /** The name of the value with the scores. */
  readonly output: string;
  /** The same among the outputs that the file declares. */
  readonly outputs: ModelOutputs;
  readonly metadata: Readonly<Record<string, string>>;
}
