import * as tf from '@tensorflow/tfjs';
import { TRACE_BACKEND } from '../tracing/trace-backend';

/** Where a network's random numbers come from: its seed, and how many tensors were drawn, decide what is next. */
export class NoiseSource {
  private drawn = 0;

  constructor(readonly seed: number) {}

  /** A seed for the next tensor. */
  next(): number {
    return noiseSeed(this.seed, '', this.drawn++);
  }
}

let source = new NoiseSource(0);

/** Lets what `build` draws come from this source. */
export function withNoise<T>(from: NoiseSource, build: () => T): T {
  const outer = source;
  source = from;
  try {
    return build();
  } finally {
    source = outer;
  }
}

/** What a tensor of random numbers is made of. */
export interface Noise {
  readonly distribution: 'normal' | 'uniform';
  readonly shape: number[];
  /** Mean and standard deviation, or the ends of the interval [low, high). */
  readonly parameters: readonly [number, number];
  readonly seed: number;
}

/**
 * Normal random numbers, float32, for networks whose output is random. In a compiled program, and in each round of
 * `repeat`, they are drawn anew whenever it runs; no gradient goes through them.
 */
export function drawNormal(shape: readonly number[], mean = 0, deviation = 1): tf.Tensor {
  return draw('normal', shape, [mean, deviation]);
}

/** The same, uniform in [low, high). */
export function drawUniform(shape: readonly number[], low = 0, high = 1): tf.Tensor {
  return draw('uniform', shape, [low, high]);
}

function draw(
  distribution: Noise['distribution'],
  shape: readonly number[],
  parameters: Noise['parameters'],
): tf.Tensor {
  const [first, second] = parameters;
  if (tf.getBackend() === TRACE_BACKEND) {
    const noise: Noise = { distribution, shape: [...shape], parameters, seed: source.seed };
    return tf.engine().runKernel('M2atNoise', {}, { ...noise });
  }
  return distribution === 'normal'
    ? tf.randomNormal([...shape], first, second, 'float32', source.next())
    : tf.randomUniform([...shape], first, second, 'float32', source.next());
}

/** A seed of 24 bits, which a float32 attribute can hold, for the tensor of this number in a program (FNV-1a). */
export function noiseSeed(seed: number, program: string, index: number): number {
  let hash = 0x811c9dc5;
  for (const letter of `${seed} ${program} ${index}`) {
    hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 0x01000193);
  }
  return hash >>> 8;
}
