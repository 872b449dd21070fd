import { defineCorruption, type Draws } from './base/define-corruption';
import { gaussianBlur } from './base/filters';
import { cutToBytes, inUnits, type Raster } from './base/image-bytes';
import { sampleLinear } from './base/sample-linear';

/** How far pixels move, how smoothly, and how far the three points of the affine map move: pixels. */
type Elastic = readonly [strength: number, smoothness: number, affine: number];

/** Of a picture of so many pixels. */
function shares(size: number, of: readonly [number, number, number]): Elastic {
  return [of[0] * size, of[1] * size, of[2] * size];
}

/** A random affine map, then pixels that move smoothly (Simard, Steinkraus and Platt 2003). */
export const elasticTransform = defineCorruption<Elastic>({
  name: 'elastic_transform',
  title: 'Elastic transform',
  family: 'digital',
  random: true,
  constants: {
    cifar: [
      shares(32, [0, 0, 0.08]),
      shares(32, [0.05, 0.2, 0.07]),
      shares(32, [0.08, 0.06, 0.06]),
      shares(32, [0.1, 0.04, 0.05]),
      shares(32, [0.1, 0.03, 0.03]),
    ],
    tiny: [
      shares(64, [0, 0, 0.08]),
      shares(64, [0.05, 0.3, 0.06]),
      shares(64, [0.1, 0.08, 0.06]),
      shares(64, [0.1, 0.03, 0.03]),
      shares(64, [0.16, 0.03, 0.02]),
    ],
    // 244, not 224, in the authors' code.
    imagenet: [
      shares(244, [2, 0.7, 0.1]),
      shares(244, [2, 0.08, 0.2]),
      shares(244, [0.05, 0.01, 0.02]),
      shares(244, [0.07, 0.01, 0.02]),
      shares(244, [0.12, 0.01, 0.02]),
    ],
  },
  corrupt: (image, [strength, smoothness, affine], draws) => {
    const { height, width } = image;
    const map = affineMap(height, width, affine, draws);
    const turned = sampleLinear(inUnits(image), 'mirror', (y, x, place) => {
      place[0] = map.y[0] * x + map.y[1] * y + map.y[2];
      place[1] = map.x[0] * x + map.x[1] * y + map.x[2];
    });
    const right = field(height, width, strength, smoothness, draws);
    const down = field(height, width, strength, smoothness, draws);
    const moved = sampleLinear(turned, 'reflect', (y, x, place) => {
      place[0] = y + (down[y * width + x] ?? 0);
      place[1] = x + (right[y * width + x] ?? 0);
    });
    return cutToBytes(moved);
  },
});

/** Coefficients of x, of y, and 1. */
type Row = readonly [number, number, number];

/**
 * The affine map from places of the result to places of the picture: three points around its middle are moved by at most
 * `most` pixels along each axis.
 */
function affineMap(
  height: number,
  width: number,
  most: number,
  draws: Draws,
): { readonly x: Row; readonly y: Row } {
  const [centreX, centreY] = [Math.floor(width / 2), Math.floor(height / 2)];
  const reach = Math.floor(Math.min(height, width) / 3);
  const [left, right] = [centreX - reach, centreX + reach];
  const [above, below] = [centreY - reach, centreY + reach];
  const move = (): number => most * (2 * draws.uniform() - 1);
  const moved = (x: number, y: number): Row => [x + move(), y + move(), 1];
  const points = [moved(right, below), moved(right, above), moved(left, above)] as const;
  return { x: solved(points, [right, right, left]), y: solved(points, [below, above, above]) };
}

/** Cramer's rule. */
function solved([a, b, c]: readonly [Row, Row, Row], [u, v, w]: Row): Row {
  const whole = determinant(a, b, c);
  return [
    determinant([u, a[1], 1], [v, b[1], 1], [w, c[1], 1]) / whole,
    determinant([a[0], u, 1], [b[0], v, 1], [c[0], w, 1]) / whole,
    determinant([a[0], a[1], u], [b[0], b[1], v], [c[0], c[1], w]) / whole,
  ];
}

function determinant(a: Row, b: Row, c: Row): number {
  return (
    a[0] * (b[1] * c[2] - b[2] * c[1]) -
    a[1] * (b[0] * c[2] - b[2] * c[0]) +
    a[2] * (b[0] * c[1] - b[1] * c[0])
  );
}

/** Uniform noise in [-1, 1], smoothed and multiplied. */
function field(
  height: number,
  width: number,
  strength: number,
  smoothness: number,
  draws: Draws,
): Float64Array {
  const noise: Raster = {
    data: Float64Array.from({ length: height * width }, () => 2 * draws.uniform() - 1),
    ...{ height, width, channels: 1 },
  };
  const { data } = gaussianBlur(noise, smoothness, { border: 'reflect', truncate: 3 });
  return data.map((value) => value * strength);
}
