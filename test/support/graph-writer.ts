import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type * as tf from '@tensorflow/tfjs';

/** What an attribute of a NodeDef may be. */
export type Attribute =
  | { readonly int: number }
  | { readonly float: number }
  | { readonly bool: boolean }
  | { readonly text: string }
  | { readonly ints: readonly number[] }
  | { readonly texts: readonly string[] }
  | { readonly type: string }
  | { readonly shape: readonly number[] };

interface Node {
  readonly name: string;
  readonly op: string;
  readonly input?: readonly string[];
  readonly attr?: Readonly<Record<string, unknown>>;
}

interface Weight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'int32';
  readonly values: readonly number[] | Float32Array;
}

export type Quantization = 'uint8' | 'uint16' | 'float16';

const dtypes = { float32: 'DT_FLOAT', int32: 'DT_INT32' };

/** Writes TF.js graph models as TensorFlow's converter does: a GraphDef in protobuf's JSON, and weights. */
export class GraphWriter {
  readonly nodes: Node[] = [];
  private readonly weights: Weight[] = [];
  private inputs: Record<string, unknown> = {};

  /** @param shape -1 for an open dimension */
  input(name: string, shape: readonly number[]): string {
    this.node(name, 'Placeholder', [], { dtype: { type: 'DT_FLOAT' }, shape: { shape } });
    this.inputs = { [name]: info(name, shape) };
    return name;
  }

  node(
    name: string,
    op: string,
    input: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): string {
    const attr = Object.fromEntries(Object.entries(attributes).map(([key, value]) => [key, encode(value)]));
    this.nodes.push({ name, op, input, attr });
    return name;
  }

  constant(
    name: string,
    values: readonly number[] | Float32Array,
    shape: readonly number[],
    dtype: 'float32' | 'int32' = 'float32',
  ): string {
    this.weights.push({ name, shape, dtype, values });
    return this.node(name, 'Const', [], { dtype: { type: dtypes[dtype] } });
  }

  ints(name: string, values: readonly number[]): string {
    return this.constant(name, values, [values.length], 'int32');
  }

  int(name: string, value: number): string {
    return this.constant(name, [value], [], 'int32');
  }

  /** A variable of a layer. */
  weight(name: string, value: tf.Tensor): string {
    return this.constant(name, value.dataSync<'float32'>().slice(), value.shape);
  }

  /** model.json as an object, and the bytes of its one weight file. */
  encode(
    outputs: Readonly<Record<string, readonly number[]>>,
    quantization?: Quantization,
  ): { json: Record<string, unknown>; bytes: Buffer } {
    const parts = this.weights.map((weight) => encodeWeight(weight, quantization));
    const json = {
      format: 'graph-model',
      generatedBy: '2.15.0',
      convertedBy: 'TensorFlow.js Converter v4.22.0',
      signature: this.signature(outputs),
      modelTopology: { node: this.nodes, library: {}, versions: { producer: 1286 } },
      weightsManifest: [{ paths: ['group1-shard1of1.bin'], weights: parts.map(({ entry }) => entry) }],
    };
    return { json, bytes: Buffer.concat(parts.map(({ bytes }) => bytes)) };
  }

  /** What TF.js's own loader takes. */
  artifacts(outputs: Readonly<Record<string, readonly number[]>>): tf.io.ModelArtifacts {
    const { bytes } = this.encode(outputs);
    const weightSpecs = this.weights.map(({ name, shape, dtype }) => ({ name, shape: [...shape], dtype }));
    return {
      format: 'graph-model',
      modelTopology: { node: this.nodes, versions: { producer: 1286 } },
      signature: this.signature(outputs),
      weightSpecs,
      weightData: Uint8Array.from(bytes).buffer,
    };
  }

  private signature(outputs: Readonly<Record<string, readonly number[]>>): object {
    const entries = Object.entries(outputs).map(([name, shape], i): [string, object] => [
      `output_${i}`,
      info(name, shape),
    ]);
    return { inputs: this.inputs, outputs: Object.fromEntries<object>(entries) };
  }

  /** @returns the path of model.json */
  async save(
    folder: string,
    outputs: Readonly<Record<string, readonly number[]>>,
    quantization?: Quantization,
  ): Promise<string> {
    const { json, bytes } = this.encode(outputs, quantization);
    await mkdir(folder, { recursive: true });
    await writeFile(path.join(folder, 'group1-shard1of1.bin'), bytes);
    await writeFile(path.join(folder, 'model.json'), JSON.stringify(json));
    return path.join(folder, 'model.json');
  }
}

function info(name: string, shape: readonly number[]): object {
  const dim = shape.map((size) => ({ size: `${size}` }));
  return { name: name.includes(':') ? name : `${name}:0`, dtype: 'DT_FLOAT', tensorShape: { dim } };
}

const base64 = (text: string): string => Buffer.from(text, 'latin1').toString('base64');

function encode(value: Attribute): object {
  if ('int' in value) return { i: `${value.int}` };
  if ('float' in value) return { f: value.float };
  if ('bool' in value) return { b: value.bool };
  if ('text' in value) return { s: base64(value.text) };
  if ('ints' in value) return { list: { i: value.ints.map(String) } };
  if ('texts' in value) return { list: { s: value.texts.map(base64) } };
  if ('type' in value) return { type: value.type };
  return { shape: { dim: value.shape.map((size) => ({ size: `${size}` })) } };
}

function encodeWeight(
  { name, shape, dtype, values }: Weight,
  quantization: Quantization | undefined,
): { entry: object; bytes: Buffer } {
  if (dtype === 'int32' || quantization === undefined) {
    const data = dtype === 'int32' ? Int32Array.from(values) : Float32Array.from(values);
    return { entry: { name, shape, dtype }, bytes: Buffer.from(data.buffer) };
  }
  if (quantization === 'float16') {
    const bytes = Buffer.alloc(values.length * 2);
    Array.from(values).forEach((value, i) => bytes.writeUInt16LE(toHalf(value), 2 * i));
    return {
      entry: { name, shape, dtype, quantization: { dtype: 'float16', original_dtype: dtype } },
      bytes,
    };
  }
  const levels = quantization === 'uint8' ? 255 : 65_535;
  const min = Math.min(...values);
  const scale = (Math.max(...values) - min) / levels || 1;
  const codes = Array.from(values, (value) => Math.round((value - min) / scale));
  const data = quantization === 'uint8' ? Uint8Array.from(codes) : Uint16Array.from(codes);
  return {
    entry: { name, shape, dtype, quantization: { dtype: quantization, scale, min, original_dtype: dtype } },
    bytes: Buffer.from(data.buffer),
  };
}

/** The nearest binary16 of a normal number, or 0. */
function toHalf(value: number): number {
  const sign = value < 0 ? 0x8000 : 0;
  const size = Math.abs(value);
  if (size < 2 ** -14) return sign;
  const exponent = Math.floor(Math.log2(size));
  const code = (exponent + 15) * 1024 + Math.round((size / 2 ** exponent - 1) * 1024);
  return sign | Math.min(code, 0x7bff);
}
