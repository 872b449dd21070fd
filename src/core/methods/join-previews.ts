import { float32, type NdArray } from '../engine/arrays/nd-array';
import { M2atError } from '../errors';
import type { Preview } from './method';

/** One preview of the images of several, which are of the same method. */
export function joinPreviews(previews: readonly Preview[]): Preview {
  const [first] = previews;
  if (!first) throw new M2atError('internal', 'there is no preview to join');
  if (previews.length === 1) return first;
  return {
    ...first,
    columns: first.columns.map((column, index) => ({
      ...column,
      data: stack(previews.flatMap(({ columns }) => columns[index]?.data ?? [])),
    })),
    facts: (first.facts ?? []).map((fact, index) => ({
      ...fact,
      values: Float32Array.from(previews.flatMap(({ facts }) => [...(facts?.[index]?.values ?? [])])),
    })),
  };
}

function stack(parts: readonly NdArray<'float32'>[]): NdArray<'float32'> {
  const data = new Float32Array(parts.reduce((sum, part) => sum + part.data.length, 0));
  let offset = 0;
  for (const part of parts) {
    data.set(part.data, offset);
    offset += part.data.length;
  }
  const count = parts.reduce((sum, { shape }) => sum + (shape[0] ?? 0), 0);
  return float32(data, [count, ...(parts[0]?.shape.slice(1) ?? [])]);
}
