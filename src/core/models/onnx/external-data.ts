import type { onnx } from 'onnx-proto';
import { M2atError } from '../../errors';
import { readExactly } from '../../files/read-exactly';
import { shardPath, withFile } from '../weight-shards';

/**
 * The bytes of a tensor that is stored beside the model.
 * @param expected what its shape needs; nothing is allocated when the file has fewer
 * @throws M2atError `checkpoint` when the file lies outside the model's folder, is missing or too short
 */
export async function readExternal(
  proto: onnx.ITensorProto,
  expected: number,
  modelFile: string,
): Promise<Uint8Array> {
  const { location, offset, length } = externalRange(proto, modelFile);
  const where = `${modelFile}: tensor ${proto.name ?? ''}`;
  if (length !== undefined && length !== expected) {
    throw new M2atError('checkpoint', `its external data has ${length} bytes, its shape needs ${expected}`, {
      where,
    });
  }
  const file = await shardPath(location, modelFile, `tensor ${proto.name ?? ''}`);
  return withFile(file, async ({ handle, size }) => {
    if (offset + expected > size) {
      throw new M2atError(
        'checkpoint',
        `its external data ends at ${offset + expected}, the file ${location} at ${size}`,
        {
          where,
          hint: 'The weight file is truncated, or belongs to another model. Copy it again.',
        },
      );
    }
    const bytes = new Uint8Array(expected);
    await readExactly(handle, bytes, offset, file, { code: 'checkpoint' });
    return bytes;
  });
}

/** Where a tensor's external data is. */
export function externalRange(
  { externalData, name }: onnx.ITensorProto,
  modelFile: string,
): { location: string; offset: number; length: number | undefined } {
  const fields = new Map((externalData ?? []).map(({ key, value }) => [key, value ?? '']));
  const where = `${modelFile}: tensor ${name ?? ''}`;
  const location = fields.get('location');
  if (!location) throw new M2atError('checkpoint', 'its external data has no location', { where });
  const number = (key: string): number | undefined => {
    const text = fields.get(key);
    if (text === undefined) return undefined;
    const value = /^\d+$/.test(text) ? Number(text) : NaN;
    if (Number.isSafeInteger(value)) return value;
    throw new M2atError('checkpoint', `the ${key} of its external data is ${JSON.stringify(text)}`, {
      where,
    });
  };
  return { location, offset: number('offset') ?? 0, length: number('length') };
}
