import { clippedZoom } from './base/clipped-zoom';
import { defineCorruption, type Draws } from './base/define-corruption';
import { blurBothWays, correlate, gaussianBlur, gaussianKernel, type Tap } from './base/filters';
import { cutToBytes, inUnits, type ImageBytes } from './base/image-bytes';
import { motionBlur as blurAlong } from './base/motion-blur';

/** Blur: out of focus, frosted glass, a moving camera, and one that comes nearer. */

/** A disk of this radius in pixels, then smoothed by this many. */
type Disk = readonly [radius: number, smoothing: number];

export const defocusBlur = defineCorruption<Disk>({
  name: 'defocus_blur',
  title: 'Defocus blur',
  family: 'blur',
  random: false,
  constants: {
    cifar: [
      [0.3, 0.4],
      [0.4, 0.5],
      [0.5, 0.6],
      [1, 0.2],
      [1.5, 0.1],
    ],
    tiny: [
      [0.5, 0.6],
      [1, 0.1],
      [1.5, 0.1],
      [2.5, 0.01],
      [3, 0.1],
    ],
    imagenet: [
      [3, 0.1],
      [4, 0.5],
      [6, 0.5],
      [8, 0.5],
      [10, 0.5],
    ],
  },
  corrupt: (image, disk) => cutToBytes(correlate(inUnits(image), diskTaps(disk), 'mirror')),
});

function diskTaps([radius, smoothing]: Disk): Tap[] {
  const isSmall = radius <= 8;
  const reach = isSmall ? 8 : radius;
  const size = 2 * reach + 1;
  const distances = Array.from({ length: size }, (_, i) => i - reach);
  const disk = Float64Array.from(
    distances.flatMap((y) => distances.map((x) => (x * x + y * y <= radius * radius ? 1 : 0))),
  );
  const sum = disk.reduce((total, value) => total + value, 0);
  const square = { data: disk.map((value) => value / sum), height: size, width: size, channels: 1 };
  const { data } = blurBothWays(square, gaussianKernel(smoothing, isSmall ? 1 : 2), 'mirror');
  return [...data.entries()]
    .filter(([, weight]) => weight > 0)
    .map(([i, weight]) => ({ down: Math.floor(i / size) - reach, right: (i % size) - reach, weight }));
}

/** The deviation of the blur before and after, pixels; how far pixels go, and how often. */
type Glass = readonly [sigma: number, reach: number, times: number];

export const glassBlur = defineCorruption<Glass>({
  name: 'glass_blur',
  title: 'Glass blur',
  family: 'blur',
  random: true,
  constants: {
    cifar: [
      [0.05, 1, 1],
      [0.25, 1, 1],
      [0.4, 1, 1],
      [0.25, 1, 2],
      [0.4, 1, 2],
    ],
    tiny: [
      [0.1, 1, 1],
      [0.5, 1, 1],
      [0.6, 1, 2],
      [0.7, 2, 1],
      [0.9, 2, 2],
    ],
    imagenet: [
      [0.7, 1, 2],
      [0.9, 2, 1],
      [1, 2, 3],
      [1.1, 3, 2],
      [1.5, 4, 2],
    ],
  },
  corrupt: (image, [sigma, reach, times], draws) => {
    const options = { border: 'nearest', truncate: 4 } as const;
    const pixels = cutToBytes(gaussianBlur(inUnits(image), sigma, options));
    for (let time = 0; time < times; time++) scatter({ ...image, pixels }, reach, draws);
    return cutToBytes(gaussianBlur(inUnits({ ...image, pixels }), sigma, options));
  },
});

/**
 * Each pixel takes the value of one at most `reach` away, up and to the left, from the lower right corner on. The authors
 * mean to swap the two, but both sides of their assignment are views of one array, so that the other pixel stays: the
 * published files are made so, and so are these.
 */
function scatter({ pixels, height, width, channels }: ImageBytes, reach: number, draws: Draws): void {
  for (let y = height - reach; y > reach; y--) {
    for (let x = width - reach; x > reach; x--) {
      const right = draws.int(2 * reach) - reach;
      const down = draws.int(2 * reach) - reach;
      const from = ((y + down) * width + x + right) * channels;
      pixels.copyWithin((y * width + x) * channels, from, from + channels);
    }
  }
}

/** Radius and deviation, pixels. */
type Motion = readonly [radius: number, sigma: number];

export const motionBlur = defineCorruption<Motion>({
  name: 'motion_blur',
  title: 'Motion blur',
  family: 'blur',
  random: true,
  constants: {
    cifar: [
      [6, 1],
      [6, 1.5],
      [6, 2],
      [8, 2],
      [9, 2.5],
    ],
    tiny: [
      [10, 1],
      [10, 1.5],
      [10, 2],
      [10, 2.5],
      [12, 3],
    ],
    imagenet: [
      [10, 3],
      [15, 5],
      [15, 8],
      [15, 12],
      [20, 15],
    ],
  },
  corrupt: (image, [radius, sigma], draws) =>
    blurAlong(image, { radius, sigma, angle: 90 * draws.uniform() - 45 }),
});

/** Enlargements from 1 to less than `end`. */
type Zooms = readonly [end: number, step: number];

export const zoomBlur = defineCorruption<Zooms>({
  name: 'zoom_blur',
  title: 'Zoom blur',
  family: 'blur',
  random: false,
  constants: {
    cifar: [
      [1.06, 0.01],
      [1.11, 0.01],
      [1.16, 0.01],
      [1.21, 0.01],
      [1.26, 0.01],
    ],
    tiny: [
      [1.06, 0.01],
      [1.11, 0.01],
      [1.16, 0.01],
      [1.21, 0.01],
      [1.26, 0.01],
    ],
    imagenet: [
      [1.11, 0.01],
      [1.16, 0.01],
      [1.21, 0.02],
      [1.26, 0.02],
      [1.31, 0.03],
    ],
  },
  corrupt: (image, zooms) => {
    const clean = inUnits(image);
    const factors = factorsOf(zooms);
    const sum = clean.data.slice();
    for (const factor of factors) {
      const { data } = clippedZoom(clean, factor);
      for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] ?? 0) + (data[i] ?? 0);
    }
    return cutToBytes({ data: sum.map((value) => value / (factors.length + 1)) });
  },
});

/** As NumPy's `arange` counts: rounding decides whether the end itself is one of them. */
function factorsOf([end, step]: Zooms): number[] {
  const count = Math.ceil((end - 1) / step);
  const between = 1 + step - 1;
  return Array.from({ length: count }, (_, i) => 1 + i * between);
}
