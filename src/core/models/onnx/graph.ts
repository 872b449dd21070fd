import type { ChosenOutput, ModelOutput } from '../choose-output';
import type { ModelMetadata, TensorShape } from './declaration';

/** Numbers that are known before the network runs; integers of every width are exact up to 2^53. */
export interface HostArray {
  readonly dtype: 'float' | 'int' | 'bool';
  readonly shape: readonly number[];
  readonly data: Float32Array | Float64Array;
}

export type Attribute = number | string | readonly number[] | HostArray;

export interface OnnxNode {
  readonly op: string;
  /** Empty for ONNX's own operators. */
  readonly domain: string;
  /** For errors: the node's name, or that of its first output. */
  readonly name: string;
  /** Names of values; empty for an optional input that is absent. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, Attribute>;
}

/** An ONNX graph with one input and one output, checked and in an order in which it can run. */
export interface OnnxGraph {
  readonly file: string;
  /** Version of ONNX's own operators. */
  readonly opset: number;
  /** What the output needs, each after the nodes that it reads. */
  readonly nodes: readonly OnnxNode[];
  /** The file's initializers that are read. */
  readonly initializers: ReadonlyMap<string, HostArray>;
  readonly input: { readonly name: string; readonly shape: TensorShape };
  readonly output: ModelOutput;
  /** Why it is this one of the file's outputs. */
  readonly because: ChosenOutput<ModelOutput>['because'];
  /** Every output that the file declares. */
  readonly outputs: readonly ModelOutput[];
  readonly metadata: ModelMetadata;
}
