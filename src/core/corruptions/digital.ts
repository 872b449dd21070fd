import { boxResize } from './base/box-resize';
import { defineCorruption } from './base/define-corruption';
import { cutToBytes, inUnits } from './base/image-bytes';
import { jpegRoundTrip } from './jpeg/round-trip';

/** Digital: little contrast, large pixels, compression; `elastic.ts` is the fourth. */

export const contrast = defineCorruption<number>({
  name: 'contrast',
  title: 'Contrast',
  family: 'digital',
  random: false,
  constants: {
    cifar: [0.75, 0.5, 0.4, 0.3, 0.15],
    tiny: [0.4, 0.3, 0.2, 0.1, 0.05],
    imagenet: [0.4, 0.3, 0.2, 0.1, 0.05],
  },
  corrupt: (image, share) => {
    const { data, channels } = inUnits(image);
    const means = Array.from({ length: channels }, (_, c) => {
      let sum = 0;
      for (let i = c; i < data.length; i += channels) sum += data[i] ?? 0;
      return (sum * channels) / data.length;
    });
    const out = data.map((value, i) => {
      const mean = means[i % channels] ?? 0;
      return (value - mean) * share + mean;
    });
    return cutToBytes({ data: out });
  },
});

export const pixelate = defineCorruption<number>({
  name: 'pixelate',
  title: 'Pixelate',
  family: 'digital',
  random: false,
  constants: {
    cifar: [0.95, 0.9, 0.85, 0.75, 0.65],
    tiny: [0.9, 0.8, 0.7, 0.6, 0.5],
    imagenet: [0.6, 0.5, 0.4, 0.3, 0.25],
  },
  corrupt: (image, share) => {
    const { height, width } = image;
    const of = (size: number): number => Math.max(1, Math.trunc(size * share));
    return boxResize(boxResize(image, of(height), of(width)), height, width).pixels;
  },
});

export const jpegCompression = defineCorruption<number>({
  name: 'jpeg_compression',
  title: 'JPEG compression',
  family: 'digital',
  random: false,
  constants: {
    cifar: [80, 65, 58, 50, 40],
    tiny: [65, 58, 50, 40, 25],
    imagenet: [25, 18, 15, 10, 7],
  },
  corrupt: (image, quality) => jpegRoundTrip(image, quality),
});
