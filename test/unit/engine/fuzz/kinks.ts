import * as tf from '@tensorflow/tfjs';

/**
 * How far the values of a network are from where its gradient jumps, relative to the largest of them: float32
 * implementations that differ in the last bits take the same side of every ReLU and the same maximum of every window
 * when all are far enough. Numbers that sit exactly on a kink (zeros behind a ReLU or a padding) do so in every
 * implementation.
 */
export class Kinks {
  /** The smallest distance so far. */
  nearest = Infinity;

  private see(distance: number): void {
    if (distance > 0 || Number.isNaN(distance))
      this.nearest = Math.min(this.nearest, Number.isNaN(distance) ? 0 : distance);
  }

  /** The gradient jumps where `x` is one of `points`. */
  at(x: tf.Tensor, points: readonly number[] = [0]): void {
    const values = x.dataSync();
    const scale = largestOf(values);
    for (const value of values) for (const point of points) this.see(Math.abs(value - point) / scale);
  }

  /** The gradient goes to the largest of each window. */
  maxima(
    x: tf.Tensor4D,
    [kh, kw]: readonly [number, number],
    strides: readonly [number, number],
    pad: 'same' | 'valid',
  ): void {
    const [n, h, w, c] = x.shape;
    const values = x.dataSync();
    const scale = largestOf(values);
    const info = tf.backend_util.computePool2DInfo(x.shape, [kh, kw], [...strides], 1, pad);
    const at = (i: number, y: number, z: number, channel: number): number =>
      values[((i * h + y) * w + z) * c + channel] ?? NaN;
    for (let i = 0; i < n; i++) {
      for (let channel = 0; channel < c; channel++) {
        for (let v = 0; v < info.outHeight; v++) {
          for (let u = 0; u < info.outWidth; u++) {
            const top = v * strides[0] - info.padInfo.top;
            const left = u * strides[1] - info.padInfo.left;
            let best = -Infinity;
            let second = -Infinity;
            for (let y = Math.max(0, top); y < Math.min(h, top + kh); y++) {
              for (let z = Math.max(0, left); z < Math.min(w, left + kw); z++) {
                const value = at(i, y, z, channel);
                if (value > best) [best, second] = [value, best];
                else if (value > second) second = value;
              }
            }
            if (second !== -Infinity) this.see((best - second) / scale);
          }
        }
      }
    }
  }

  /** Dividing by the deviation of a channel of [..., C] magnifies rounding when it is small beside the mean. */
  deviation(x: tf.Tensor): void {
    const c = x.shape.at(-1) ?? 1;
    const values = x.dataSync();
    const count = values.length / c;
    for (let channel = 0; channel < c; channel++) {
      let sum = 0;
      let squares = 0;
      for (let i = channel; i < values.length; i += c) {
        const value = values[i] ?? NaN;
        sum += value;
        squares += value * value;
      }
      const variance = squares / count - (sum / count) ** 2;
      // As good as on a kink.
      if (variance < 0.02 * (squares / count + 1)) this.see(1e-9);
    }
  }
}

function largestOf(values: Iterable<number>): number {
  let largest = 1e-6;
  for (const value of values) largest = Math.max(largest, Math.abs(value));
  return largest;
}
