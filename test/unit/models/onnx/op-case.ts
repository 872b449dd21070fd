import type { onnx } from 'onnx-proto';
import { noise } from '../../engine/engine-fixture';
import { floats, scalar, type AttributeOf, type NodeOf } from './build-model';

export interface OpCase {
  readonly name: string;
  readonly opset: number;
  readonly input: readonly number[];
  readonly nodes: readonly NodeOf[];
  readonly tensors: readonly onnx.ITensorProto[];
  /** What ONNX Runtime runs in its place, where it does not do what ONNX says. */
  readonly reference?: readonly NodeOf[] | undefined;
  /** What the gradient is compared with: differences of ONNX Runtime's values, or 0 where the result is flat. */
  readonly gradient: 'differences' | 'zero';
  /** False where TF.js's own backend differentiates wrongly (docs/engine.md). */
  readonly eager: boolean;
}

export interface Options {
  readonly opset?: number;
  readonly input?: readonly number[];
  readonly tensors?: readonly onnx.ITensorProto[];
  /** Names of inputs after `x`. */
  readonly more?: readonly string[];
  readonly before?: readonly NodeOf[];
  readonly after?: readonly NodeOf[];
  /** The value that the op reads in place of `x`; empty for an op that reads none. */
  readonly from?: string;
  readonly gradient?: OpCase['gradient'];
  readonly reference?: readonly NodeOf[];
  readonly what?: string;
}

export const image = [2, 3, 7, 6];

/** A model of one op, with others around it if wanted: first the name of the op, then its attributes. */
export function one(
  op: string,
  attributes: Readonly<Record<string, AttributeOf>> = {},
  o: Options = {},
): OpCase {
  const { opset = 17, input = image, tensors = [], more = [], before = [], after = [], from = 'x' } = o;
  const node: NodeOf = {
    op,
    inputs: from ? [from, ...more] : more,
    outputs: [after.length > 0 ? 'op' : 'y'],
    attributes,
  };
  const said = [
    o.what,
    ...Object.entries(attributes).map(
      ([name, value]) =>
        `${name} ${typeof value === 'object' && 'float' in value ? value.float : JSON.stringify(value)}`,
    ),
    `opset ${opset}`,
  ].filter(Boolean);
  return {
    name: `${op} (${said.join(', ')})`,
    opset,
    input,
    nodes: [...before, node, ...after],
    tensors,
    reference: o.reference,
    gradient: o.gradient ?? 'differences',
    eager: op !== 'Resize',
  };
}

export const flat = (columns: number): Options => ({
  before: [{ op: 'Flatten', inputs: ['x'], outputs: ['flat'], attributes: { axis: 1 } }],
  from: 'flat',
  input: [2, columns, 1, 1],
});

/** x + 1.1 is positive. */
export const positive: Options = {
  before: [{ op: 'Add', inputs: ['x', 'shift'], outputs: ['positive'] }],
  from: 'positive',
  tensors: [scalar('shift', 1.1)],
};

/** Puts the image into NHWC inside, as behind a convolution, so that ops meet that layout as well. */
export const behindConv: Options = {
  before: [
    { op: 'Conv', inputs: ['x', 'stem'], outputs: ['features'], attributes: { kernel_shape: [1, 1] } },
  ],
  from: 'features',
};
const stem = floats('stem', noise([4, 3, 1, 1], 9));
export const behind = (o: Options = {}): Options => ({
  ...behindConv,
  ...o,
  tensors: [stem, ...(o.tensors ?? [])],
});
