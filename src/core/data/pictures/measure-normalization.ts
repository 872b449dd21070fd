import { M2atError } from '../../errors';
import { readPixels } from '../batch';
import type { LoadOptions, Normalization } from '../dataset';
import type { ImageSource } from '../image-source';

/** Of ImageNet's training images (Russakovsky et al. 2015), as torchvision's networks have them. */
const imagenet: Normalization = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };

/** Images that are measured, at most. */
const MEASURED = 500;
const AT_ONCE = 20;
/** Of images that are all alike. */
const LEAST_DEVIATION = 0.01;

/**
 * Mean and standard deviation of each channel, over all pixels of the first 500 images, to four places.
 * @param of `imagenet`: those of ImageNet, and nothing is measured
 */
export async function measureNormalization(
  of: 'pictures' | 'imagenet',
  source: ImageSource,
  { signal, onProgress }: LoadOptions,
): Promise<Normalization> {
  if (of === 'imagenet') return imagenet;
  const { channels, height, width } = source;
  const count = Math.min(MEASURED, source.count);
  const sums = new Float64Array(channels);
  const squares = new Float64Array(channels);
  for (let first = 0; first < count; first += AT_ONCE) {
    if (signal?.aborted) throw new M2atError('cancelled', 'loading was cancelled');
    const indices = Array.from({ length: Math.min(AT_ONCE, count - first) }, (_, n) => first + n);
    const pixels = await readPixels(source, indices, signal);
    const largest = pixels instanceof Float32Array ? 1 : 255;
    for (let c = 0; c < channels; c++) {
      let [sum, square] = [0, 0];
      for (let i = c; i < pixels.length; i += channels) {
        const value = (pixels[i] ?? 0) / largest;
        sum += value;
        square += value * value;
      }
      sums[c] = (sums[c] ?? 0) + sum;
      squares[c] = (squares[c] ?? 0) + square;
    }
    const done = first + indices.length;
    onProgress?.({ phase: 'load', done, total: count, unit: 'images', detail: 'mean and deviation' });
  }
  const values = Math.max(1, count * height * width);
  const rounded = (value: number): number => Number(value.toFixed(4));
  const mean = [...sums].map((sum) => sum / values);
  return {
    mean: mean.map(rounded),
    std: [...squares].map((square, c) => {
      const variance = square / values - (mean[c] ?? 0) ** 2;
      return rounded(Math.max(LEAST_DEVIATION, Math.sqrt(Math.max(0, variance))));
    }),
  };
}
