import type { DType } from '../arrays/nd-array';

/** An attribute of an ONNX node; a plain number is an integer, `{ float }` a floating-point number. */
export type Attribute = number | string | readonly number[] | { readonly float: number };
export type Attributes = Readonly<Record<string, Attribute>>;

/** Domain of ONNX Runtime's internal operators on channel-blocked tensors. */
export const NCHWC = 'com.microsoft.nchwc';

export interface GraphNode {
  op: string;
  domain: string;
  inputs: string[];
  outputs: string[];
  attributes: Attributes;
  /** The inputs have the output's shape: an Add without broadcasting, which a blocked Conv can absorb. */
  sameShape?: boolean;
  /** The body of a Loop. Its nodes read names of the enclosing graphs directly. */
  body?: Subgraph;
}

export interface TypedName {
  readonly name: string;
  readonly dtype: DType | 'int64';
  /** Undefined for any shape of any rank. */
  readonly shape: readonly number[] | undefined;
}

export interface Subgraph {
  nodes: GraphNode[];
  inputs: TypedName[];
  outputs: TypedName[];
}

export interface Initializer {
  readonly name: string;
  readonly dtype: DType | 'int64';
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** A complete graph, ready to be encoded. */
export interface Graph extends Subgraph {
  initializers: Initializer[];
}
