import { float32, sizeOf, type NdArray } from '../engine/nd-array';
import type { Random } from '../random';
import type { BallNorm } from './ball';

/**
 * A random perturbation inside the epsilon ball, to start from. `linf`: uniform in [-epsilon, epsilon], each value
 * on its own. `l2`: for each image a uniform direction with a uniform length in [0, epsilon), as torchattacks does.
 * `l1`: the same with a direction that is uniform on the L1 sphere.
 * @param shape [N, H, W, C]
 */
export function drawRandomStart(
  norm: BallNorm,
  shape: readonly number[],
  epsilon: number,
  random: Random,
): NdArray<'float32'> {
  const noise = new Float32Array(sizeOf(shape));
  const size = noise.length / (shape[0] ?? 1);
  if (norm === 'linf') random.fillUniform(noise, -epsilon, epsilon);
  else if (norm === 'l2') fillL2Ball(noise, size, epsilon, random);
  else fillL1Ball(noise, size, epsilon, random);
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

/** A uniform direction in the sense of the L1 sphere, at a uniform length in [0, epsilon). */
function fillL1Ball(noise: Float32Array, size: number, epsilon: number, random: Random): void {
  for (let n = 0; n < noise.length; n += size) {
    let sum = 0;
    for (let i = n; i < n + size; i++) {
      const value = -Math.log(1 - random.uniform());
      sum += value;
      noise[i] = random.uniform() < 0.5 ? -value : value;
    }
    const scale = (epsilon * random.uniform()) / sum;
    for (let i = n; i < n + size; i++) noise[i] = (noise[i] ?? 0) * scale;
  }
}
