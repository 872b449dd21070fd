import path from 'node:path';
import { readNpy } from '../../../src/core/data/npy-file';
import type { Draws } from '../../../src/core/corruptions/base/define-corruption';
import type { ImageBytes } from '../../../src/core/corruptions/base/image-bytes';

/** What `test/reference/corruptions/make_corruptions.py` makes, too: its random numbers and its pictures. */

const folder = path.resolve('test/reference/corruptions');

/** Bytes of a `.npy`, and its shape. */
export async function referenceBytes(name: string): Promise<{ data: Uint8Array; shape: readonly number[] }> {
  const { header, data } = await readNpy(path.join(folder, name), () => undefined);
  return { data, shape: header.shape };
}

/** The generator of Park and Miller, factor 48271. */
export class ParkMiller implements Draws {
  constructor(private state: number) {}

  uniform(): number {
    this.state = (this.state * 48_271) % 2_147_483_647;
    return (this.state - 1) / 2_147_483_646;
  }

  normal(): number {
    const [u, v] = [this.uniform(), this.uniform()];
    return Math.sqrt(-2 * Math.log(1 - u)) * Math.cos(2 * Math.PI * v);
  }

  int(n: number): number {
    return Math.floor(this.uniform() * n);
  }

  poisson(mean: number): number {
    const u = this.uniform();
    let [count, share] = [0, Math.exp(-mean)];
    let total = share;
    while (total < u && count < 10_000) {
      count++;
      share *= mean / count;
      total += share;
    }
    return count;
  }
}

export function picture(n: number, height: number, width: number): ImageBytes {
  const wave = (t: number, period: number): number =>
    Math.floor((Math.abs((t % (2 * period)) - period) * 255) / period);
  const pixels = new Uint8Array(height * width * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < 3; c++) {
        const value = Math.floor(
          (wave(3 * x + 2 * y + 37 * n + 20 * c, 19 + (n % 11)) * 3 +
            wave(2 * y + 5 * n + 40 * c + (width - x), 13 + (n % 5)) * 2 +
            ((x * 73 + y * 151 + n * 283 + c * 619) % 97)) /
            6,
        );
        pixels[(y * width + x) * 3 + c] = Math.min(255, Math.floor((value * (3 + (n % 6)) * 5) / 32));
      }
    }
  }
  return { pixels, height, width, channels: 3 };
}
