import { onnx } from 'onnx-proto';
import { M2atError } from '../../errors';
import { sizeOf } from '../../engine/arrays/nd-array';
import { maxWeightBytes } from '../weight-shards';
import { readExternal } from './external-data';
import type { HostArray } from '../graph/graph';
import { halfToFloat, toNumber } from './numbers';

/** Element types by ONNX's number (TensorProto.DataType): bytes, and how one is read. */
interface ElementType {
  readonly bytes: number;
  readonly dtype: HostArray['dtype'];
  read(view: DataView, at: number): number;
}

const elementTypes = new Map<number, ElementType>([
  [1, { bytes: 4, dtype: 'float', read: (view, at) => view.getFloat32(at, true) }],
  [2, { bytes: 1, dtype: 'int', read: (view, at) => view.getUint8(at) }],
  [3, { bytes: 1, dtype: 'int', read: (view, at) => view.getInt8(at) }],
  [4, { bytes: 2, dtype: 'int', read: (view, at) => view.getUint16(at, true) }],
  [5, { bytes: 2, dtype: 'int', read: (view, at) => view.getInt16(at, true) }],
  [6, { bytes: 4, dtype: 'int', read: (view, at) => view.getInt32(at, true) }],
  [7, { bytes: 8, dtype: 'int', read: (view, at) => Number(view.getBigInt64(at, true)) }],
  [9, { bytes: 1, dtype: 'bool', read: (view, at) => (view.getUint8(at) ? 1 : 0) }],
  [10, { bytes: 2, dtype: 'float', read: (view, at) => halfToFloat(view.getUint16(at, true)) }],
  [11, { bytes: 8, dtype: 'float', read: (view, at) => view.getFloat64(at, true) }],
  [12, { bytes: 4, dtype: 'int', read: (view, at) => view.getUint32(at, true) }],
  [13, { bytes: 8, dtype: 'int', read: (view, at) => Number(view.getBigUint64(at, true)) }],
  [16, { bytes: 2, dtype: 'float', read: readBfloat16 }],
]);

function readBfloat16(view: DataView, at: number): number {
  const wide = new DataView(new ArrayBuffer(4));
  wide.setUint16(0, view.getUint16(at, true));
  return wide.getFloat32(0);
}

/** Counts what tensors take, so that their total is refused before the one that is too much is allocated. */
export class Budget {
  private bytes = 0;

  constructor(private readonly modelFile: string) {}

  /** @throws M2atError `checkpoint` when the file's tensors together are too large */
  take(bytes: number): void {
    this.bytes += bytes;
    if (!(this.bytes <= maxWeightBytes)) {
      throw new M2atError('checkpoint', `the weights have more than ${maxWeightBytes} bytes`, {
        where: this.modelFile,
      });
    }
  }
}

/**
 * The numbers of a tensor: floating point of every precision as float32.
 * @throws M2atError `checkpoint` when its size and its data disagree, `unsupported` for strings, complex numbers and
 * the quantized types
 */
export async function readTensor(
  proto: onnx.ITensorProto,
  budget: Budget,
  modelFile: string,
): Promise<HostArray> {
  const where = `${modelFile}: tensor ${proto.name ?? ''}`;
  const type = elementTypes.get(proto.dataType ?? 0);
  if (!type) {
    throw new M2atError('unsupported', `its elements have the type ${proto.dataType ?? 0}`, {
      where,
      hint: 'Export the model without quantization.',
    });
  }
  const shape = (proto.dims ?? []).map(toNumber);
  if (shape.some((size) => size < 0)) {
    throw new M2atError('checkpoint', `it has the shape [${shape.join(', ')}]`, { where });
  }
  const size = sizeOf(shape);
  const isExternal = proto.dataLocation === onnx.TensorProto.DataLocation.EXTERNAL;
  const raw = proto.rawData ?? new Uint8Array();
  const lists = [proto.floatData, proto.int32Data, proto.int64Data, proto.doubleData, proto.uint64Data];
  const list: readonly unknown[] = lists.find((values) => values?.length) ?? [];
  const mismatch = (found: string): M2atError =>
    new M2atError(
      'checkpoint',
      `the shape [${shape.join(', ')}] needs ${size} numbers, the file has ${found}`,
      {
        where,
        hint: 'The file is damaged. Copy or export it again.',
      },
    );
  if (!isExternal && raw.length === 0 && list.length !== size) throw mismatch(`${list.length}`);
  if (!isExternal && raw.length > 0 && raw.length !== size * type.bytes)
    throw mismatch(`${raw.length} bytes`);
  budget.take(size * (type.dtype === 'float' ? 4 : 8));
  if (list.length > 0 && raw.length === 0 && !isExternal) {
    const isHalf = proto.dataType === 10 || proto.dataType === 16;
    if (isHalf) {
      const bits = new DataView(Uint16Array.from(list, toNumber).buffer);
      return array(type, shape, size, (i) => type.read(bits, 2 * i));
    }
    return array(type, shape, size, (i) => toNumber(list[i]));
  }
  const bytes = isExternal ? await readExternal(proto, size * type.bytes, modelFile) : raw;
  if (proto.dataType === 1) {
    return { dtype: 'float', shape, data: new Float32Array(Uint8Array.from(bytes).buffer) };
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return array(type, shape, size, (i) => type.read(view, i * type.bytes));
}

function array(
  type: ElementType,
  shape: readonly number[],
  size: number,
  at: (i: number) => number,
): HostArray {
  const data = type.dtype === 'float' ? new Float32Array(size) : new Float64Array(size);
  for (let i = 0; i < size; i++) data[i] = at(i);
  return { dtype: type.dtype, shape, data };
}
