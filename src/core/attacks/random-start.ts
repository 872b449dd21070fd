import { float32, sizeOf, type NdArray } from '../engine/nd-array';
import type { Random } from '../random';

/**
 * A random perturbation inside the epsilon ball, to start from. `linf`: uniform in [-epsilon, epsilon], each value
 * on its own. `l2`: for each image a uniform direction with a uniform length in [0, epsilon), as torchattacks does.
 * @param shape [N, H, W, C]
 */
export function drawRandomStart(
  norm: 'linf' | 'l2',
  shape: readonly number[],
  epsilon: number,
  random: Random,
): NdArray<'float32'> {
  const noise = new Float32Array(sizeOf(shape));
  if (norm === 'linf') random.fillUniform(noise, -epsilon, epsilon);
  else fillL2Ball(noise, noise.length / (shape[0] ?? 1), epsilon, random);
  return float32(noise, shape);
}

function fillL2Ball(noise: Float32Array, size: number, epsilon: number, random: Random): void {
  for (let n = 0; n < noise.length; n += size) {
    let squares = 0;
    for (let i = n; i < n + size; i++) {
      const value = random.normal();
      noise[i] = value;
      squares += value * value;
    }
    const scale = (epsilon * random.uniform()) / Math.sqrt(squares);
    for (let i = n; i < n + size; i++) noise[i] = (noise[i] ?? 0) * scale;
  }
}
