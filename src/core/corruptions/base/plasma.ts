import type { Draws } from './define-corruption';

/**
 * A cloud by the diamond-square algorithm (Fournier, Fussell and Carpenter 1982), on a torus, with the amplitudes of the
 * corruptions' authors: 100 squared at first, divided by `decay` squared from one step to the next.
 * @param size a power of two
 * @returns [size, size] in [0, 1]
 */
export function plasma(size: number, decay: number, draws: Draws): Float64Array {
  const map = new Float64Array(size * size);
  let amplitude = 100;
  for (let step = size; step >= 2; step /= 2) {
    const half = step / 2;
    const wobble = amplitude;
    const at = (y: number, x: number): number => map[((y + size) % size) * size + ((x + size) % size)] ?? 0;
    /** Sets every place `step` apart to the mean of its four neighbours, `half` away, and some more. */
    const fill = (fromY: number, fromX: number, neighbours: (y: number, x: number) => number): void => {
      for (let y = fromY; y < size; y += step) {
        for (let x = fromX; x < size; x += step) {
          map[y * size + x] = neighbours(y, x) / 4 + wobble * (2 * wobble * draws.uniform() - wobble);
        }
      }
    };
    const corners = (y: number, x: number): number =>
      at(y - half, x - half) + at(y - half, x + half) + at(y + half, x - half) + at(y + half, x + half);
    const sides = (y: number, x: number): number =>
      at(y - half, x) + at(y + half, x) + at(y, x - half) + at(y, x + half);
    fill(half, half, corners);
    fill(0, half, sides);
    fill(half, 0, sides);
    amplitude /= decay;
  }
  const least = map.reduce((found, value) => Math.min(found, value), Infinity);
  const raised = map.map((value) => value - least);
  const most = raised.reduce((found, value) => Math.max(found, value), 0);
  return most > 0 ? raised.map((value) => value / most) : raised;
}

/** The upper left part of a cloud that is as large as a picture. */
export function plasmaFor(
  { height, width }: { readonly height: number; readonly width: number },
  decay: number,
  draws: Draws,
): Float64Array {
  const size = 2 ** Math.ceil(Math.log2(Math.max(2, height, width)));
  const map = plasma(size, decay, draws);
  const part = new Float64Array(height * width);
  for (let y = 0; y < height; y++) part.set(map.subarray(y * size, y * size + width), y * width);
  return part;
}
