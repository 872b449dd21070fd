import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { perturbationNorm } from '../../../src/core/attacks/base/perturbation';
import type { Norm } from '../../../src/core/attacks/parameters/attack-parameters';
import { readPredictions } from '../../../src/core/attacks/base/predictions';
import { scoreModelOf } from '../../../src/core/attacks/base/score-model';
import type { Victim } from '../../../src/core/attacks/base/victim';
import type { Device } from '../../../src/core/engine/devices/device';
import type { NdArray } from '../../../src/core/engine/arrays/nd-array';
import { Random } from '../../../src/core/random';

/** Logits that are linear in the pixels: distances to the boundaries have closed forms. */
export interface LinearVictim {
  readonly victim: Victim;
  /** From image n to the nearest boundary of the network's own class, as if pixels had no range. */
  distance(images: NdArray<'float32'>, n: number, norm: 'linf' | 'l2' | 'l1'): number;
}

/** @param shape of an image, [H, W, C] */
export function linearVictim(
  device: Device,
  classes: number,
  shape: readonly [number, number, number] = [2, 3, 2],
  seed = 1,
): LinearVictim {
  const size = shape[0] * shape[1] * shape[2];
  const random = Random.keyed(seed, 'linear-victim');
  const weights = Array.from({ length: classes }, () => Array.from({ length: size }, () => random.normal()));
  // Around the middle of the pixels' range every class has a chance.
  const bias = weights.map((row) => -0.5 * row.reduce((sum, weight) => sum + weight, 0));
  return {
    victim: {
      device,
      classes,
      logits: (images) =>
        tf.add(
          tf.matMul(tf.reshape(images, [-1, size]), tf.tensor2d(weights), false, true),
          tf.tensor1d(bias),
        ),
    },
    distance(images, n, norm) {
      const pixels = images.data.subarray(n * size, (n + 1) * size);
      const logits = weights.map((row, k) =>
        row.reduce((sum, weight, i) => sum + weight * (pixels[i] ?? NaN), bias[k] ?? NaN),
      );
      const label = logits.indexOf(Math.max(...logits));
      return Math.min(
        ...logits.flatMap((logit, k) => {
          if (k === label) return [];
          const normal = (weights[k] ?? []).map((weight, i) => weight - (weights[label]?.[i] ?? NaN));
          return [((logits[label] ?? NaN) - logit) / dualNorm(normal, norm)];
        }),
      );
    },
  };
}

function dualNorm(normal: readonly number[], norm: 'linf' | 'l2' | 'l1'): number {
  const sizes = normal.map(Math.abs);
  if (norm === 'l2') return Math.hypot(...sizes);
  return norm === 'linf' ? sizes.reduce((sum, value) => sum + value, 0) : Math.max(...sizes);
}

/** The network's own answers. */
export async function ownLabels(victim: Victim, images: NdArray<'float32'>): Promise<Int32Array> {
  const scores = scoreModelOf(victim);
  const logits = await scores.logits(images);
  await scores.dispose();
  const count = images.shape[0] ?? 0;
  return Int32Array.from(readPredictions(logits, new Int32Array(count)), ({ label }) => label);
}

/** The size of each image's perturbation; all values must be in [0, 1]. */
export function imageNorms(
  clean: NdArray<'float32'>,
  found: NdArray<'float32'>,
  norm: Norm,
): readonly number[] {
  assert.deepEqual([...found.shape], [...clean.shape]);
  assert.ok(found.data.every((value) => value >= 0 && value <= 1));
  const count = clean.shape[0] ?? 1;
  const size = clean.data.length / count;
  return Array.from({ length: count }, (_, n) =>
    perturbationNorm(
      clean.data.subarray(n * size, (n + 1) * size),
      found.data.subarray(n * size, (n + 1) * size),
      norm,
    ),
  );
}
