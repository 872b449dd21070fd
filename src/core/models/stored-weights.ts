import * as z from 'zod';
import { sizeOf, type DType } from '../engine/arrays/nd-array';
import { M2atError } from '../errors';
import type { WeightGroup } from './weights-manifest';
import { verifyBytes } from './model-checksums';
import { assertFinite, maxWeightBytes, readShardBytes, shardsOf } from './weight-shards';

export interface StoredWeight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly values: Float32Array | Int32Array | Uint8Array;
}

const quantization = z.looseObject({
  dtype: z.enum(['uint8', 'uint16', 'float16']),
  scale: z.number().optional(),
  min: z.number().optional(),
});
type Quantization = z.output<typeof quantization>;

const stored = { float32: 4, int32: 4, bool: 1 } as const;
const quantized = { uint8: 1, uint16: 2, float16: 2 } as const;

interface Layout {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly quantization?: Quantization | undefined;
  readonly bytes: number;
}

/**
 * Reads the weights that a manifest lists: float32, int32 and bool, or quantized to uint8, uint16 or float16, which become
 * numbers again.
 * @param sha256 of the bytes of each group, where it is known
 * @throws M2atError `checkpoint` for other types, other bytes than those of the hash, a name twice, sizes that don't add up, NaN and infinite weights
 */
export async function readStoredWeights(
  groups: readonly WeightGroup[],
  modelFile: string,
  sha256?: string,
): Promise<Map<string, StoredWeight>> {
  const layouts = groups.map((group) => group.weights.map((weight) => layoutOf(weight, modelFile)));
  const inMemory = layouts.flat().reduce((sum, { shape }) => sum + 4 * sizeOf(shape), 0);
  if (!(inMemory <= maxWeightBytes)) {
    throw new M2atError(
      'checkpoint',
      `the weights have ${inMemory} bytes, at most ${maxWeightBytes} can be read`,
      { where: modelFile },
    );
  }
  const weights = new Map<string, StoredWeight>();
  for (const [index, group] of groups.entries()) {
    const members = layouts[index] ?? [];
    const expected = members.reduce((sum, { bytes }) => sum + bytes, 0);
    const data = await readShardBytes(group.paths, expected, modelFile);
    if (sha256 !== undefined) verifyBytes(data, sha256, shardsOf(group, modelFile), modelFile);
    let offset = 0;
    for (const layout of members) {
      const { name, shape, dtype } = layout;
      if (weights.has(name)) {
        throw new M2atError('checkpoint', 'the manifest names it twice', {
          where: `${modelFile}: weight ${name}`,
        });
      }
      const values = decode(data.subarray(offset, offset + layout.bytes), layout);
      offset += layout.bytes;
      // A single infinite number is a limit of a Clip, say.
      if (values instanceof Float32Array && values.length > 1) {
        assertFinite(values, name, shardsOf(group, modelFile));
      }
      weights.set(name, { name, shape, dtype, values });
    }
  }
  return weights;
}

function layoutOf(weight: WeightGroup['weights'][number], modelFile: string): Layout {
  const { name, shape, dtype } = weight;
  const where = `${modelFile}: weight ${name}`;
  if (dtype !== 'float32' && dtype !== 'int32' && dtype !== 'bool') {
    throw new M2atError('checkpoint', `stored as ${dtype}; float32, int32 and bool can be read`, { where });
  }
  if (weight.quantization === undefined || weight.quantization === null) {
    return { name, shape, dtype, bytes: stored[dtype] * sizeOf(shape) };
  }
  const parsed = quantization.safeParse(weight.quantization);
  const affine = parsed.success && parsed.data.dtype !== 'float16';
  if (
    !parsed.success ||
    dtype === 'bool' ||
    (affine && (parsed.data.scale === undefined || parsed.data.min === undefined)) ||
    (!affine && dtype !== 'float32')
  ) {
    throw new M2atError('checkpoint', 'its quantization is malformed or unknown', {
      where,
      hint: 'uint8, uint16 and float16 can be read.',
    });
  }
  const bytes = quantized[parsed.data.dtype] * sizeOf(shape);
  return { name, shape, dtype, quantization: parsed.data, bytes };
}

/** Weights are little-endian and not aligned. */
function decode(bytes: Uint8Array, { dtype, quantization: q }: Layout): StoredWeight['values'] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (!q) {
    const { buffer } = bytes.slice();
    if (dtype === 'float32') return new Float32Array(buffer);
    return dtype === 'int32' ? new Int32Array(buffer) : new Uint8Array(buffer);
  }
  const { scale = 1, min = 0 } = q;
  const length = bytes.byteLength / quantized[q.dtype];
  const values = dtype === 'int32' ? new Int32Array(length) : new Float32Array(length);
  for (let i = 0; i < length; i++) {
    if (q.dtype === 'float16') values[i] = fromHalf(view.getUint16(2 * i, true));
    else {
      const value = (q.dtype === 'uint8' ? view.getUint8(i) : view.getUint16(2 * i, true)) * scale + min;
      values[i] = dtype === 'int32' ? Math.round(value) : value;
    }
  }
  return values;
}

/** IEEE 754 binary16. */
function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
