import { onnx } from 'onnx-proto';
import { sizeOf, type NdArray } from '../../../../src/core/engine/arrays/nd-array';

const { AttributeType } = onnx.AttributeProto;

/** A plain number is an integer. */
export type AttributeOf =
  number | string | readonly number[] | { float: number } | { tensor: onnx.ITensorProto };

export interface NodeOf {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs?: readonly string[];
  readonly attributes?: Readonly<Record<string, AttributeOf>>;
  readonly domain?: string;
  readonly name?: string;
}

export interface ModelOf {
  readonly opset?: number;
  readonly input?: readonly (number | string)[];
  /** The last one makes `y`, if no outputs are named. */
  readonly nodes: readonly NodeOf[];
  readonly tensors?: readonly onnx.ITensorProto[];
  /** Declared shapes of the outputs; `y` of any shape if there is none. */
  readonly outputs?: readonly { name: string; shape?: readonly (number | string)[] }[];
}

/** An ONNX model with the input `x`. */
export function modelProto({
  opset = 17,
  input = [2, 3, 6, 5],
  nodes,
  tensors = [],
  outputs,
}: ModelOf): onnx.IModelProto {
  return {
    irVersion: opset >= 21 ? 10 : 8,
    producerName: 'test',
    opsetImport: [{ domain: '', version: opset }],
    graph: {
      name: 'graph',
      node: nodes.map((node, i) => ({
        opType: node.op,
        domain: node.domain ?? '',
        name: node.name ?? `${node.op}_${i}`,
        input: [...node.inputs],
        output: [...(node.outputs ?? [i === nodes.length - 1 ? 'y' : `t${i}`])],
        attribute: Object.entries(node.attributes ?? {}).map(([name, value]) => attribute(name, value)),
      })),
      input: [valueInfo('x', input)],
      output: (outputs ?? [{ name: 'y' }]).map(({ name, shape }) => valueInfo(name, shape)),
      initializer: [...tensors],
    },
  };
}

export function encode(model: onnx.IModelProto): Uint8Array {
  return onnx.ModelProto.encode(onnx.ModelProto.create(model)).finish();
}

export function floats(name: string, array: NdArray<'float32'>): onnx.ITensorProto {
  return { name, dims: [...array.shape], dataType: 1, rawData: new Uint8Array(array.data.slice().buffer) };
}

export function ints(
  name: string,
  values: readonly number[],
  shape: readonly number[] = [values.length],
): onnx.ITensorProto {
  if (sizeOf(shape) !== values.length) throw new RangeError(`${name} has another size than its shape.`);
  return {
    name,
    dims: [...shape],
    dataType: 7,
    rawData: new Uint8Array(BigInt64Array.from(values, BigInt).buffer),
  };
}

export function scalar(name: string, value: number): onnx.ITensorProto {
  return { name, dims: [], dataType: 1, floatData: [value] };
}

function attribute(name: string, value: AttributeOf): onnx.IAttributeProto {
  if (typeof value === 'number') return { name, type: AttributeType.INT, i: value };
  if (typeof value === 'string')
    return { name, type: AttributeType.STRING, s: new TextEncoder().encode(value) };
  if ('float' in value) return { name, type: AttributeType.FLOAT, f: value.float };
  if ('tensor' in value) return { name, type: AttributeType.TENSOR, t: value.tensor };
  return { name, type: AttributeType.INTS, ints: [...value] };
}

function valueInfo(name: string, shape?: readonly (number | string)[]): onnx.IValueInfoProto {
  const dim = shape?.map((size) => (typeof size === 'number' ? { dimValue: size } : { dimParam: size }));
  return { name, type: { tensorType: { elemType: 1, ...(dim ? { shape: { dim } } : {}) } } };
}
