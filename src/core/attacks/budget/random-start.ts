import { type NdArray } from '../../engine/arrays/nd-array';
import type { Random } from '../../random';
import type { BallNorm } from './ball';
import { drawImages } from '../base/image-streams';

/**
 * A random perturbation inside the epsilon ball, to start from. `linf`: uniform in [-epsilon, epsilon], each value
 * on its own. `l2`: for each image a uniform direction with a uniform length in [0, epsilon), as torchattacks does.
 * `l1`: the same with a direction that is uniform on the L1 sphere.
 * @param shape [N, H, W, C]
 * @param streams one an image; the same one N times draws all images from it in turn
 */
export function drawRandomStart(
  norm: BallNorm,
  shape: readonly number[],
  epsilon: number,
  streams: readonly Random[],
): NdArray<'float32'> {
  return drawImages(shape, streams, (noise, random) => {
    if (norm === 'linf') random.fillUniform(noise, -epsilon, epsilon);
    else if (norm === 'l2') fillL2Ball(noise, epsilon, random);
    else fillL1Ball(noise, epsilon, random);
  });
}

function fillL2Ball(noise: Float32Array, epsilon: number, random: Random): void {
  let squares = 0;
  for (let i = 0; i < noise.length; i++) {
    const value = random.normal();
    noise[i] = value;
    squares += value * value;
  }
  const scale = (epsilon * random.uniform()) / Math.sqrt(squares);
  for (let i = 0; i < noise.length; i++) noise[i] = (noise[i] ?? 0) * scale;
}

/** A uniform direction in the sense of the L1 sphere, at a uniform length in [0, epsilon). */
function fillL1Ball(noise: Float32Array, epsilon: number, random: Random): void {
  let sum = 0;
  for (let i = 0; i < noise.length; i++) {
    const value = -Math.log(1 - random.uniform());
    sum += value;
    noise[i] = random.uniform() < 0.5 ? -value : value;
  }
  const scale = (epsilon * random.uniform()) / sum;
  for (let i = 0; i < noise.length; i++) noise[i] = (noise[i] ?? 0) * scale;
}
