import type { BallNorm } from './ball';
import { isWithinBudget, perturbationNorm } from '../base/perturbation';

/**
 * Brings one image back that is outside of [0, 1] or of the epsilon ball around `clean`, be it by rounding or because
 * nobody projected it. Changes `image`; leaves one that is inside as it is. What is not a number becomes clean again.
 */
export function keepWithin(clean: Float32Array, image: Float32Array, norm: BallNorm, epsilon: number): void {
  if (isWithinBudget(image, perturbationNorm(clean, image, norm), epsilon)) return;
  for (let i = 0; i < image.length; i++) {
    const from = clean[i] ?? 0;
    const value = image[i] ?? NaN;
    const [low, high] = norm === 'linf' ? [Math.max(0, from - epsilon), Math.min(1, from + epsilon)] : [0, 1];
    image[i] = Number.isNaN(value) ? from : Math.min(high, Math.max(low, value));
  }
  if (norm === 'linf') return;
  // Rounding of the shortened one may add a little again.
  for (let shrink = 1; shrink > 0.999; shrink -= 1e-5) {
    const length = perturbationNorm(clean, image, norm);
    if (isWithinBudget(image, length, epsilon)) return;
    const factor = (shrink * epsilon) / length;
    for (let i = 0; i < image.length; i++) {
      const from = clean[i] ?? 0;
      image[i] = from + factor * ((image[i] ?? 0) - from);
    }
  }
  image.set(clean);
}
