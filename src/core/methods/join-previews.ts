import { joinRows } from '../attacks/base/batch-rows';
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
      data: joinRows(previews.flatMap(({ columns }) => columns[index]?.data ?? [])),
      ...(column.labels && {
        labels: Int32Array.from(previews.flatMap(({ columns }) => [...(columns[index]?.labels ?? [])])),
      }),
    })),
    facts: (first.facts ?? []).map((fact, index) => ({
      ...fact,
      values: Float32Array.from(previews.flatMap(({ facts }) => [...(facts?.[index]?.values ?? [])])),
    })),
  };
}
