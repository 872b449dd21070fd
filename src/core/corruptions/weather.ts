import { clippedZoom } from './base/clipped-zoom';
import { defineCorruption } from './base/define-corruption';
import { frostPicture } from './base/frost-picture';
import { clipped, cutToBytes, inUnits, type Raster } from './base/image-bytes';
import { motionBlur } from './base/motion-blur';
import { plasmaFor } from './base/plasma';

/** Weather: snow, frost, fog, and bright sun. */

/** The flakes' mean, deviation, size, and least value; radius and sigma of their fall; how much of the picture stays. */
type Snow = readonly [number, number, number, number, number, number, number];

export const snow = defineCorruption<Snow>({
  name: 'snow',
  title: 'Snow',
  family: 'weather',
  random: true,
  constants: {
    cifar: [
      [0.1, 0.2, 1, 0.6, 8, 3, 0.95],
      [0.1, 0.2, 1, 0.5, 10, 4, 0.9],
      [0.15, 0.3, 1.75, 0.55, 10, 4, 0.9],
      [0.25, 0.3, 2.25, 0.6, 12, 6, 0.85],
      [0.3, 0.3, 1.25, 0.65, 14, 12, 0.8],
    ],
    tiny: [
      [0.1, 0.2, 1, 0.6, 8, 3, 0.8],
      [0.1, 0.2, 1, 0.5, 10, 4, 0.8],
      [0.15, 0.3, 1.75, 0.55, 10, 4, 0.7],
      [0.25, 0.3, 2.25, 0.6, 12, 6, 0.65],
      [0.3, 0.3, 1.25, 0.65, 14, 12, 0.6],
    ],
    imagenet: [
      [0.1, 0.3, 3, 0.5, 10, 4, 0.8],
      [0.2, 0.3, 2, 0.5, 12, 4, 0.7],
      [0.55, 0.3, 4, 0.9, 12, 8, 0.7],
      [0.55, 0.3, 4.5, 0.85, 12, 8, 0.65],
      [0.55, 0.3, 2.5, 0.85, 12, 12, 0.55],
    ],
  },
  corrupt: (image, [mean, deviation, size, least, radius, sigma, kept], draws) => {
    const { height, width, channels } = image;
    const layer: Raster = {
      data: Float64Array.from({ length: height * width }, () => mean + deviation * draws.normal()),
      ...{ height, width, channels: 1 },
    };
    const large = clippedZoom(layer, size).data.map((value) => (value < least ? 0 : value));
    const angle = 90 * draws.uniform() - 135;
    const pixels = cutToBytes({ data: large });
    const flakes = motionBlur({ pixels, height, width, channels: 1 }, { radius, sigma, angle });
    const { data } = inUnits(image);
    const grey = greyOf(data, channels);
    const out = data.map((value, i) => {
      const at = Math.floor(i / channels);
      const pale = Math.max(value, (grey[at] ?? 0) * 1.5 + 0.5);
      // The same layer once more, turned by half a circle.
      const fallen = ((flakes[at] ?? 0) + (flakes[flakes.length - 1 - at] ?? 0)) / 255;
      return kept * value + (1 - kept) * pale + fallen;
    });
    return cutToBytes({ data: out });
  },
});

/** Luminance of ITU-R BT.601. */
function greyOf(data: Float64Array, channels: number): Float64Array {
  if (channels < 3) return data;
  return Float64Array.from({ length: data.length / channels }, (_, n) => {
    const at = n * channels;
    return 0.299 * (data[at] ?? 0) + 0.587 * (data[at + 1] ?? 0) + 0.114 * (data[at + 2] ?? 0);
  });
}

/** Shares of the picture and of the frost. */
type Frost = readonly [picture: number, frost: number];

export const frost = defineCorruption<Frost>({
  name: 'frost',
  title: 'Frost',
  family: 'weather',
  random: true,
  differs:
    "its frost is computed, with the colours and the contrast of the authors' five photographs, which are not shipped",
  constants: {
    cifar: [
      [1, 0.2],
      [1, 0.3],
      [0.9, 0.4],
      [0.85, 0.4],
      [0.75, 0.45],
    ],
    tiny: [
      [1, 0.3],
      [0.9, 0.4],
      [0.8, 0.45],
      [0.75, 0.5],
      [0.7, 0.55],
    ],
    imagenet: [
      [1, 0.4],
      [0.8, 0.6],
      [0.7, 0.7],
      [0.65, 0.7],
      [0.6, 0.75],
    ],
  },
  corrupt: (image, [share, frosted], draws) => {
    const ice = frostPicture(image, draws);
    return image.pixels.map((value, i) => Math.floor(Math.min(255, share * value + frosted * (ice[i] ?? 0))));
  },
});

/** How dense the fog is, and how smooth. */
type Fog = readonly [density: number, decay: number];

export const fog = defineCorruption<Fog>({
  name: 'fog',
  title: 'Fog',
  family: 'weather',
  random: true,
  constants: {
    cifar: [
      [0.2, 3],
      [0.5, 3],
      [0.75, 2.5],
      [1, 2],
      [1.5, 1.75],
    ],
    tiny: [
      [0.4, 3],
      [0.7, 3],
      [1, 2.5],
      [1.5, 2],
      [2, 1.75],
    ],
    imagenet: [
      [1.5, 2],
      [2, 2],
      [2.5, 1.7],
      [2.5, 1.5],
      [3, 1.4],
    ],
  },
  corrupt: (image, [density, decay], draws) => {
    const { data, channels } = inUnits(image);
    const most = data.reduce((found, value) => Math.max(found, value), 0);
    const cloud = plasmaFor(image, decay, draws);
    const out = data.map((value, i) => {
      const hazy = value + density * (cloud[Math.floor(i / channels)] ?? 0);
      return (hazy * most) / (most + density);
    });
    return cutToBytes({ data: out });
  },
});

export const brightness = defineCorruption<number>({
  name: 'brightness',
  title: 'Brightness',
  family: 'weather',
  random: false,
  constants: {
    cifar: [0.05, 0.1, 0.15, 0.2, 0.3],
    tiny: [0.1, 0.2, 0.3, 0.4, 0.5],
    imagenet: [0.1, 0.2, 0.3, 0.4, 0.5],
  },
  corrupt: (image, more) => {
    const { data, channels } = inUnits(image);
    const out = new Float64Array(data.length);
    for (let at = 0; at < data.length; at += channels) {
      const colour = data.subarray(at, at + channels);
      // V of HSV is the largest channel; hue and saturation stay when all are multiplied alike. Black has neither.
      const value = colour.reduce((found, channel) => Math.max(found, channel), 0);
      const raised = clipped(value + more);
      for (const [c, channel] of colour.entries())
        out[at + c] = value > 0 ? (channel / value) * raised : raised;
    }
    return cutToBytes({ data: out });
  },
});
