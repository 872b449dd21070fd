/** The shape of a strided slice before axes are dropped and added; TF.js's own leaves dropped axes out. */
export function stridedSizes({
  begin,
  end,
  strides,
}: Readonly<Record<'begin' | 'end' | 'strides', readonly number[]>>): number[] {
  return begin.map((first, i) => Math.max(0, Math.ceil(((end[i] ?? 0) - first) / (strides[i] ?? 1))));
}
