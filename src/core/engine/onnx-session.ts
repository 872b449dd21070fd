import * as ort from 'onnxruntime-node';
import type { DType, NdArray } from './nd-array';
import { M2atError, messageOf } from '../errors';
import { encodeOnnxModel } from './graph/onnx-model';
import { failedPlace } from './tracing/failed-place';
import { replaceValue, takeSpare, variableArray } from './tracing/host-storage';
import type { TracedProgram } from './tracing/trace-program';

export type SessionOptions = ort.InferenceSession.SessionOptions;

/** One traced program in ONNX Runtime: fixed input shapes, variables fed and fetched without copies. */
export class OnnxSession {
  private constructor(
    private readonly name: string,
    private readonly traced: TracedProgram,
    private readonly session: ort.InferenceSession,
  ) {}

  static async create(name: string, traced: TracedProgram, options: SessionOptions): Promise<OnnxSession> {
    const model = encodeOnnxModel(traced.graph);
    try {
      return new OnnxSession(name, traced, await ort.InferenceSession.create(model, options));
    } catch (cause) {
      throw new M2atError('unsupported', `ONNX Runtime refuses the program "${name}": ${messageOf(cause)}`, {
        ...failedPlace(traced, cause),
        cause,
      });
    }
  }

  async run(inputs: readonly NdArray[]): Promise<NdArray[]> {
    const { traced } = this;
    const feeds: Record<string, ort.Tensor> = {};
    traced.inputs.forEach((name, i) => {
      const input = inputs[i];
      if (name !== undefined && input) feeds[name] = tensorOf(input);
    });
    for (const { name, variable } of traced.captured) {
      if (variable.isDisposed) {
        throw new M2atError(
          'internal',
          `The program "${this.name}" uses the disposed variable ${variable.name}.`,
        );
      }
      feeds[name] = tensorOf(variableArray(variable));
    }
    const fetches: Record<string, ort.Tensor | null> = {};
    for (const { name } of traced.outputs) fetches[name] = null;
    const next = traced.assigned.map(({ name, variable }) => {
      const { dtype, shape } = variableArray(variable);
      const data = takeSpare(variable);
      fetches[name] = tensorOf({ dtype, shape, data });
      return { variable, data };
    });
    let results: ort.InferenceSession.ReturnType;
    try {
      results = await this.session.run(feeds, fetches);
    } catch (cause) {
      throw new M2atError(
        'internal',
        `The program "${this.name}" failed in ONNX Runtime: ${messageOf(cause)}`,
        { ...failedPlace(traced, cause), cause },
      );
    }
    for (const { variable, data } of next) replaceValue(variable, data);
    return traced.outputs.map(({ name, shape, dtype }) => arrayOf(results[name], shape, dtype));
  }

  async release(): Promise<void> {
    await this.session.release();
  }
}

function tensorOf({ dtype, shape, data }: NdArray): ort.Tensor {
  if (dtype === 'bool' && data instanceof Uint8Array) return new ort.Tensor('bool', data, shape);
  if (dtype === 'int32' && data instanceof Int32Array) return new ort.Tensor('int32', data, shape);
  if (dtype === 'float32' && data instanceof Float32Array) return new ort.Tensor('float32', data, shape);
  throw new M2atError('internal', `A ${dtype} array holds a ${data.constructor.name}.`);
}

function arrayOf(tensor: ort.OnnxValue | undefined, shape: readonly number[], dtype: DType): NdArray {
  const data: unknown = tensor instanceof ort.Tensor ? tensor.data : undefined;
  if (dtype === 'float32' && data instanceof Float32Array) return { dtype, shape, data };
  if (dtype === 'int32' && data instanceof Int32Array) return { dtype, shape, data };
  if (dtype === 'bool' && data instanceof Uint8Array) return { dtype, shape, data };
  throw new M2atError('internal', `ONNX Runtime returned no ${dtype} array.`);
}
