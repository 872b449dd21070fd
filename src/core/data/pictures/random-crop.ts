import type { Random } from '../../random';
import type { Box } from './resample';

/** The law of random resized crops. */
export interface RandomResizedCrop {
  /** Least and largest share of the image's area. */
  readonly scale: readonly [number, number];
  /** Least and largest width by height. */
  readonly ratio: readonly [number, number];
}

/** How often a part is drawn that need not fit into the image. */
const ATTEMPTS = 10;

/**
 * The part of an image that is scaled to a square, by the law of torchvision's `RandomResizedCrop` (Szegedy et al. 2015): its area
 * uniform, the logarithm of its ratio uniform; where ten of them don't fit, the largest middle part whose ratio is allowed.
 */
export function drawCrop(
  { scale, ratio }: RandomResizedCrop,
  image: { readonly width: number; readonly height: number },
  random: Random,
): Box {
  const between = (low: number, high: number): number => low + (high - low) * random.uniform();
  const [narrowest, widest] = ratio;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const area = image.width * image.height * between(...scale);
    const wide = Math.exp(between(Math.log(narrowest), Math.log(widest)));
    const width = Math.round(Math.sqrt(area * wide));
    const height = Math.round(Math.sqrt(area / wide));
    if (width < 1 || width > image.width || height < 1 || height > image.height) continue;
    const top = random.int(image.height - height + 1);
    return { left: random.int(image.width - width + 1), top, width, height };
  }
  const own = image.width / image.height;
  const width = own > widest ? Math.max(1, Math.round(image.height * widest)) : image.width;
  const height = own < narrowest ? Math.max(1, Math.round(image.width / narrowest)) : image.height;
  const left = Math.floor((image.width - width) / 2);
  return { left, top: Math.floor((image.height - height) / 2), width, height };
}
