import * as tf from '@tensorflow/tfjs';
import { oneHot } from '../data/batch';
import type { NdArray } from '../engine/nd-array';
import type { LabelledImages } from './attack';
import type { NetworkCheck } from './attack-warnings';
import type { ForwardVictim } from './forward-victim';
import { float32Output } from './outputs';
import { inputGradient, type Victim } from './victim';

/**
 * Looks for what misleads attacks: gradients that are zero, where there are gradients, and outputs that are
 * probabilities.
 */
export async function checkNetwork(
  victim: Victim | ForwardVictim,
  { images, labels }: LabelledImages,
): Promise<Omit<NetworkCheck, 'randomness'>> {
  if ('scores' in victim) {
    const probabilities = areProbabilities(await victim.scores.logits(images));
    return { zeroGradients: 0, checked: labels.length, probabilities };
  }
  const program = victim.device.compile('check-network', (x, targets) => [
    tf.max(tf.abs(inputGradient(victim, x, targets)), [1, 2, 3]),
    victim.logits(x),
  ]);
  try {
    const outputs = await program.run(images, oneHot(labels, victim.classes));
    const largest = float32Output(outputs, 0).data;
    return {
      zeroGradients: largest.filter((value) => value === 0).length,
      checked: labels.length,
      probabilities: areProbabilities(float32Output(outputs, 1)),
    };
  } finally {
    await program.dispose();
  }
}

function areProbabilities({ data, shape }: NdArray<'float32'>): boolean {
  const classes = shape[1] ?? 1;
  for (let from = 0; from < data.length; from += classes) {
    const row = data.subarray(from, from + classes);
    const sum = row.reduce((total, value) => total + value, 0);
    if (!(Math.abs(sum - 1) <= 1e-3) || row.some((value) => value < 0 || value > 1)) return false;
  }
  return data.length > 0;
}
