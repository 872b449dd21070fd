import type { DType, TypedArrays } from '../arrays/nd-array';
import type { Attributes } from '../graph/graph';

/**
 * Physical layouts of a rank-4 value: `plain` is TF.js's own order (NHWC for images), `nchw` the portable
 * order of ONNX, `blocked` ONNX Runtime's NCHWc, declared as [N, C rounded up to the block, H, W].
 * Other ranks are always `plain`.
 */
export type Layout = 'plain' | 'nchw' | 'blocked';

/** The convolution that made a value, kept so that a bias or an activation can still join it. */
export interface ConvolutionOrigin {
  readonly inputs: readonly string[];
  readonly attributes: Attributes;
  readonly domain: string;
}

export interface ValueOptions {
  readonly dtype: DType;
  /** The shape that TF.js sees. */
  readonly shape: readonly number[];
  /** The shape that is stored, in TF.js's order: 1 where the value is broadcast lazily. */
  readonly stored?: readonly number[];
  readonly names?: Partial<Record<Layout, string>>;
  /** Every element is this number and nothing is stored. */
  readonly fill?: number;
  readonly constant?: TypedArrays[DType];
}

/** What a tensor stands for while a program is traced: the names of its graph values, by layout. */
export class Value {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly stored: readonly number[];
  readonly names: Partial<Record<Layout, string>>;
  readonly fill: number | undefined;
  /** Contents that are known while tracing. */
  readonly constant: TypedArrays[DType] | undefined;
  /** Derived names (a full-size copy of a lazy broadcast, say), by purpose. */
  readonly derived = new Map<string, string>();
  convolution: ConvolutionOrigin | undefined;
  /** The ReLU of this value, once it was taken: its sign is this value's step function. */
  relu: Value | undefined;
  /** This value is zero wherever that one, the output of a ReLU, is zero. */
  maskedBy: Value | undefined;
  /** This value is 1 where that one, the output of a ReLU, is positive, and 0 elsewhere. */
  stepOf: Value | undefined;
  isRelu = false;
  private readonly madeAsImage: boolean;

  constructor({ dtype, shape, stored, names, fill, constant }: ValueOptions) {
    this.dtype = dtype;
    this.shape = shape;
    this.stored = stored ?? shape;
    this.names = names ?? {};
    this.fill = fill;
    this.constant = constant;
    this.madeAsImage = shape.length === 4 && names !== undefined && names.plain === undefined;
  }

  /** Every element of the shape is stored. */
  get isFull(): boolean {
    return this.fill === undefined && sameShape(this.stored, this.shape);
  }

  /** A rank-4 value that an image op made: work on it stays in its image layout. */
  get isImage(): boolean {
    return this.madeAsImage && this.isFull;
  }
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((dimension, i) => dimension === b[i]);
}

/** `shape` with leading ones up to `rank`. */
export function padShape(shape: readonly number[], rank: number): number[] {
  return [...Array<number>(Math.max(0, rank - shape.length)).fill(1), ...shape];
}

/** NHWC to NCHW. */
export function channelsFirst(shape: readonly number[]): number[] {
  const [n, h, w, c] = dims4(shape);
  return [n, c, h, w];
}

/** The four dimensions of a rank-4 shape. */
export function dims4(shape: readonly number[]): [number, number, number, number] {
  const [a, b, c, d] = shape;
  if (a === undefined || b === undefined || c === undefined || d === undefined || shape.length !== 4) {
    throw new RangeError(`A shape of rank 4 is needed, not [${shape.join(', ')}].`);
  }
  return [a, b, c, d];
}
