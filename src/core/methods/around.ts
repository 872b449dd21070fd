/**
 * Where a length around a pixel begins and ends, clipped to [0, size]. Half of it is rounded down on both sides, as in the
 * code of CutMix and cutout: an odd length is one shorter.
 */
export function around(centre: number, length: number, size: number): readonly [number, number] {
  const half = Math.floor(length / 2);
  return [Math.max(0, centre - half), Math.min(size, centre + half)];
}
