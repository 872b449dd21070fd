import type { Normalization } from './dataset';
import type { Pixels } from './source-handle';

/** Bytes count exactly; floats are added in double precision, in the order in which they come. */
export class ImageStatistics {
  private readonly histogram: Float64Array;
  private readonly sums: Float64Array;
  private readonly squares: Float64Array;
  private floats = 0;

  constructor(private readonly channels: number) {
    this.histogram = new Float64Array(256 * channels);
    this.sums = new Float64Array(channels);
    this.squares = new Float64Array(channels);
  }

  /** @param pixels of whole images, NHWC */
  add(pixels: Pixels): void {
    const { channels, histogram, sums, squares } = this;
    if (pixels instanceof Uint8Array) {
      for (let i = 0; i < pixels.length; i += channels) {
        for (let c = 0; c < channels; c++) {
          const bin = 256 * c + (pixels[i + c] ?? 0);
          histogram[bin] = (histogram[bin] ?? 0) + 1;
        }
      }
      return;
    }
    for (let i = 0; i < pixels.length; i += channels) {
      for (let c = 0; c < channels; c++) {
        const value = pixels[i + c] ?? 0;
        sums[c] = (sums[c] ?? 0) + value;
        squares[c] = (squares[c] ?? 0) + value * value;
      }
    }
    this.floats += pixels.length / channels;
  }

  /** Mean and standard deviation of each channel in [0, 1]; where all values are the same, the latter is 1. */
  normalization(): Normalization {
    const mean: number[] = [];
    const std: number[] = [];
    for (let c = 0; c < this.channels; c++) {
      let [count, sum, square] = [this.floats, this.sums[c] ?? 0, this.squares[c] ?? 0];
      for (let value = 0; value < 256; value++) {
        const times = this.histogram[256 * c + value] ?? 0;
        count += times;
        sum += (times * value) / 255;
        square += times * (value / 255) ** 2;
      }
      const average = sum / Math.max(1, count);
      const variance = square / Math.max(1, count) - average ** 2;
      mean.push(average);
      std.push(variance > 1e-12 ? Math.sqrt(variance) : 1);
    }
    return { mean, std };
  }
}
