import { defineCorruption } from './base/define-corruption';
import { cutToBytes, inUnits } from './base/image-bytes';

/** Noise: normal, of counted photons, and of dead and stuck pixels; each value of each channel by itself. */

export const gaussianNoise = defineCorruption<number>({
  name: 'gaussian_noise',
  title: 'Gaussian noise',
  family: 'noise',
  random: true,
  constants: {
    cifar: [0.04, 0.06, 0.08, 0.09, 0.1],
    tiny: [0.04, 0.08, 0.12, 0.15, 0.18],
    imagenet: [0.08, 0.12, 0.18, 0.26, 0.38],
  },
  corrupt: (image, deviation, draws) => {
    const { data } = inUnits(image);
    return cutToBytes({ data: data.map((value) => value + deviation * draws.normal()) });
  },
});

export const shotNoise = defineCorruption<number>({
  name: 'shot_noise',
  title: 'Shot noise',
  family: 'noise',
  random: true,
  constants: {
    cifar: [500, 250, 100, 75, 50],
    tiny: [250, 100, 50, 30, 15],
    imagenet: [60, 25, 12, 5, 3],
  },
  corrupt: (image, photons, draws) => {
    const { data } = inUnits(image);
    return cutToBytes({ data: data.map((value) => draws.poisson(value * photons) / photons) });
  },
});

export const impulseNoise = defineCorruption<number>({
  name: 'impulse_noise',
  title: 'Impulse noise',
  family: 'noise',
  random: true,
  constants: {
    cifar: [0.01, 0.02, 0.03, 0.05, 0.07],
    tiny: [0.01, 0.02, 0.05, 0.08, 0.14],
    imagenet: [0.03, 0.06, 0.09, 0.17, 0.27],
  },
  corrupt: (image, share, draws) => {
    const { data } = inUnits(image);
    const spoiled = data.map((value) => {
      const [hit, salt] = [draws.uniform() <= share, draws.uniform() <= 0.5];
      if (!hit) return value;
      return salt ? 1 : 0;
    });
    return cutToBytes({ data: spoiled });
  },
});
