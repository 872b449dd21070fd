import { M2atError } from '../../errors';
import { GraphBuilder } from '../graph/graph-builder';
import { NCHWC } from '../graph/graph';
import type { DType } from '../arrays/nd-array';
import { programPlace } from '../graph/program-place';
import type { Layout } from './value';
import { Value, channelsFirst, dims4, padShape, sameShape } from './value';

/** What the lowerings may use: decided once for each device. */
export interface Target {
  /** Channels in a block of ONNX Runtime's NCHWc layout, 0 for the portable NCHW path. */
  readonly block: 0 | 8 | 16;
  /** ONNX Runtime's name of the provider, where it is not the CPU: some lack ops that others have. */
  readonly provider?: 'webgpu' | 'cuda' | 'dml' | 'coreml';
  /** Sums of rows are to begin at an aligned address. */
  readonly alignedRows?: boolean;
}

/** One call of a TF.js kernel, by shapes. */
export interface KernelCall {
  readonly kernel: string;
  /** By the kernel's own names. */
  readonly inputs: Readonly<Record<string, { readonly shape: readonly number[]; readonly dtype: string }>>;
  readonly attributes: object;
}

const to = { float32: 1, int32: 6, bool: 9 } as const;

/** One program being traced: its graph, and the conversions of values between layouts. */
export class Trace {
  readonly graph = new GraphBuilder();
  /** Hears of every kernel that the program calls. */
  onKernel: ((call: KernelCall) => void) | undefined;
  private noises = 0;

  constructor(
    readonly program: string,
    readonly target: Target,
  ) {}

  /** Counts the random tensors of the program. */
  nextNoise(): number {
    return this.noises++;
  }

  filled(fill: number, shape: readonly number[], dtype: DType = 'float32'): Value {
    return new Value({ dtype, shape, stored: shape.map(() => 1), fill });
  }

  plainValue(name: string, shape: readonly number[], dtype: DType = 'float32', stored = shape): Value {
    return new Value({ dtype, shape, stored, names: { plain: name } });
  }

  imageValue(
    layout: 'nchw' | 'blocked',
    name: string,
    shape: readonly number[],
    dtype: DType = 'float32',
  ): Value {
    return new Value({ dtype, shape, names: { [layout]: name } });
  }

  /** Channels of the blocked layout: `channels` rounded up to whole blocks. */
  padded(channels: number): number {
    const { block } = this.target;
    return block ? Math.ceil(channels / block) * block : channels;
  }

  /** `value` in TF.js's order with its full shape. */
  plain(value: Value): string {
    const stored = this.plainStored(value);
    if (value.isFull || value.shape.length === 0) return stored;
    return this.derive(value, 'plain', () =>
      this.graph.node('Expand', [stored, this.graph.int64(value.shape)]),
    );
  }

  /** `value` in TF.js's order as it is stored: size-1 axes, or a scalar, where it is broadcast lazily. */
  plainStored(value: Value): string {
    const { names, fill, constant, stored } = value;
    if (fill !== undefined) return this.graph.scalar(fill, value.dtype);
    if (names.plain !== undefined) return names.plain;
    if (constant) return (names.plain = this.graph.tensor(constant, value.shape, value.dtype));
    const [, h, w, c] = dims4(stored);
    if (names.blocked !== undefined) {
      names.plain = this.reorderOutput(names.blocked, c, value.dtype, true);
    } else if (names.nchw !== undefined) {
      const movesNothing = (h === 1 && w === 1) || c === 1;
      names.plain = movesNothing
        ? this.reshape(names.nchw, stored)
        : this.graph.node('Transpose', [names.nchw], { perm: [0, 2, 3, 1] });
    } else {
      throw new M2atError('internal', 'A traced value has no name.');
    }
    return names.plain;
  }

  /** A rank-4 `value` in NCHW order with its full shape. */
  nchw(value: Value): string {
    const stored = this.nchwStored(value);
    if (value.isFull) return stored;
    const shape = channelsFirst(value.shape);
    return this.derive(value, 'nchw', () => this.graph.node('Expand', [stored, this.graph.int64(shape)]));
  }

  /** A rank-4 `value` in NCHW order as it is stored; a scalar for a filled one. */
  nchwStored(value: Value): string {
    if (value.fill !== undefined) return this.graph.scalar(value.fill, value.dtype);
    const { names } = value;
    if (names.nchw !== undefined) return names.nchw;
    const [, h, w, c] = dims4(value.stored);
    if (names.blocked !== undefined) {
      names.nchw = this.reorderOutput(names.blocked, c, value.dtype, false);
    } else {
      const plain = this.plainStored(value);
      const movesNothing = (h === 1 && w === 1) || c === 1;
      names.nchw = movesNothing
        ? this.reshape(plain, channelsFirst(value.stored))
        : this.graph.node('Transpose', [plain], { perm: [0, 3, 1, 2] });
    }
    return names.nchw;
  }

  /** A rank-4 `value` in the blocked layout with its full shape; padding channels are finite. */
  blocked(value: Value): string {
    const known = value.names.blocked ?? value.derived.get('blocked');
    if (known !== undefined) return known;
    const channels = dims4(value.shape)[3];
    const missing = (4 - (channels % 4)) % 4;
    const usePlain = value.names.plain !== undefined && value.isFull && value.names.nchw === undefined;
    let source = usePlain ? this.plain(value) : this.nchw(value);
    // The reorder kernels exist for float32 only.
    if (value.dtype !== 'float32') source = this.cast(source, 'float32');
    if (missing) {
      const end = usePlain ? [0, 0, 0, missing] : [0, missing, 0, 0];
      source = this.graph.node('Pad', [source, this.graph.int64([0, 0, 0, 0, ...end])]);
    }
    let name = this.graph.node(
      'ReorderInput',
      [source],
      { channels_last: usePlain ? 1 : 0 },
      { domain: NCHWC },
    );
    if (value.dtype !== 'float32') name = this.cast(name, value.dtype);
    if (value.isFull) value.names.blocked = name;
    else value.derived.set('blocked', name);
    return name;
  }

  /** `value` in the layout asked for, full-size. */
  inLayout(value: Value, layout: Layout): string {
    return layout === 'plain'
      ? this.plain(value)
      : layout === 'nchw'
        ? this.nchw(value)
        : this.blocked(value);
  }

  reshape(name: string, shape: readonly number[]): string {
    return this.graph.node('Reshape', [name, this.graph.int64(shape)]);
  }

  cast(name: string, dtype: DType): string {
    return this.graph.node('Cast', [name], { to: to[dtype] });
  }

  /** `value` under another shape that broadcasts it: nothing is copied. */
  broadcast(value: Value, shape: readonly number[]): Value {
    if (value.fill !== undefined) return this.filled(value.fill, shape, value.dtype);
    if (sameShape(value.shape, shape)) return value;
    const stored = padShape(value.stored, shape.length);
    const names =
      value.shape.length === shape.length
        ? { ...value.names, ...(value.constant ? { plain: this.plainStored(value) } : {}) }
        : { plain: this.reshape(this.plainStored(value), stored) };
    // A blocked tensor has no lazy axes.
    if (names.blocked !== undefined) {
      names.plain = this.plainStored(value);
      delete names.blocked;
    }
    return new Value({ dtype: value.dtype, shape, stored, names });
  }

  /** A new shape for the same elements; lazy broadcasts survive where only size-1 axes come or go. */
  reshaped(value: Value, shape: readonly number[]): Value {
    if (sameShape(value.shape, shape)) return value;
    if (value.fill !== undefined) return this.filled(value.fill, shape, value.dtype);
    const big = (s: readonly number[]): number[] => s.filter((dimension) => dimension !== 1);
    if (!value.isFull && sameShape(big(value.shape), big(shape))) {
      const lazy = value.stored.filter((_, i) => value.shape[i] !== 1);
      const stored = shape.map((dimension) => (dimension === 1 ? 1 : (lazy.shift() ?? 1)));
      return this.plainValue(this.reshape(this.plainStored(value), stored), shape, value.dtype, stored);
    }
    const [, h, w] = value.shape;
    const source =
      value.shape.length === 4 && h === 1 && w === 1 && value.names.nchw !== undefined
        ? value.names.nchw
        : this.plain(value);
    return this.plainValue(this.reshape(source, shape), shape, value.dtype);
  }

  /** The error for anything that has no lowering. */
  unsupported(what: string): M2atError {
    return new M2atError('unsupported', `The program "${this.program}" can't be compiled: ${what}.`, {
      ...programPlace(),
      hint: 'Use another op, or a device that runs TF.js op by op (tensorflow, tfjs-cpu).',
    });
  }

  private derive(value: Value, key: string, make: () => string): string {
    let name = value.derived.get(key);
    if (name === undefined) {
      name = make();
      value.derived.set(key, name);
    }
    return name;
  }

  private reorderOutput(name: string, channels: number, dtype: DType, last: boolean): string {
    // The reorder kernels exist for float32 only.
    const source = dtype === 'float32' ? name : this.cast(name, 'float32');
    const attributes = last ? { channels, channels_last: 1 } : { channels };
    const result = this.graph.node('ReorderOutput', [source], attributes, { domain: NCHWC });
    return dtype === 'float32' ? result : this.cast(result, dtype);
  }
}
