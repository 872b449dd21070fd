import { oneHot } from '../../data/batch';
import type { CompiledProgram } from '../../engine/devices/device';
import { float32, type NdArray } from '../../engine/arrays/nd-array';
import type { LabelledImages } from '../base/attack';
import type { NetworkCheck } from './attack-warnings';
import { gatherRows } from '../base/batch-rows';
import type { ForwardVictim } from '../base/forward-victim';
import { gradientFaults } from '../base/image-gradient';
import { faultyNode } from './faulty-node';
import { float32Output } from '../base/outputs';
import type { Victim } from '../base/victim';

/** Images whose gradient is followed through the network where it is not finite. */
const LOCATED = 4;

/**
 * Looks for what misleads attacks: gradients that are zero or not finite, where there are gradients, and outputs that
 * are probabilities. For gradients that are not finite at pixels of 0 or 1 it looks at such pixels even where the images
 * have none: attacks make them.
 * @param compiled what {@link compileCheck} gave; it is disposed
 */
export async function checkNetwork(
  victim: Victim | ForwardVictim,
  batch: LabelledImages,
  compiled?: CompiledProgram,
): Promise<Omit<NetworkCheck, 'randomness'>> {
  const { images, labels } = batch;
  if ('scores' in victim) {
    const outputs = await victim.scores.logits(images);
    return { zeroGradients: 0, checked: labels.length, ...probabilitiesIn(outputs) };
  }
  const program = compiled ?? compileCheck(victim);
  try {
    const targets = oneHot(labels, victim.classes);
    const outputs = await program.run(images, targets);
    const [largest, notFinite, atBorder] = [0, 1, 2].map((index) => float32Output(outputs, index).data);
    const probabilities = probabilitiesIn(float32Output(outputs, 3));
    const zeroGradients = largest?.filter((value, n) => value === 0 && notFinite?.[n] === 0).length ?? 0;
    const faulty = count(notFinite);
    const bordered = faulty > 0 && count(atBorder) > 0 ? undefined : withBorderPixels(images);
    const gradientInside =
      bordered === undefined || count(float32Output(await program.run(bordered, targets), 2).data) > 0;
    const rows = [...labels.keys()].filter((n) => notFinite?.[n] !== 0).slice(0, LOCATED);
    const node =
      faulty > 0 ? await faultyNode(victim, gatherRows(images, rows), gatherRows(targets, rows)) : undefined;
    return {
      zeroGradients,
      checked: labels.length,
      ...probabilities,
      ...(faulty > 0 && { notFinite: faulty }),
      ...(gradientInside && { gradientInside }),
      ...(node && { faultyNode: node }),
    };
  } finally {
    await program.dispose();
  }
}

/** The program of {@link checkNetwork}: of images and one-hot labels. */
export function compileCheck(victim: Victim): CompiledProgram {
  return victim.device.compile('check-network', (x, targets) => {
    const { largest, notFinite, atBorder } = gradientFaults(victim, x, targets);
    return [largest, notFinite, atBorder, victim.logits(x)];
  });
}

/** How many are not 0. */
function count(values: Float32Array | undefined): number {
  return values?.filter((value) => value !== 0).length ?? 0;
}

/** The images with one pixel in three black, one white, and one as it is. */
function withBorderPixels({ data, shape }: NdArray<'float32'>): NdArray<'float32'> {
  const channels = shape[3] ?? 1;
  return float32(
    data.map((value, i) => [0, 1, value][Math.floor(i / channels) % 3] ?? value),
    shape,
  );
}

/** Of fewer images it may be chance that everything lies between 0 and 1. */
const FEWEST_SHARES = 8;

/** Whether outputs look like probabilities, of the classes together or of each by itself. */
function probabilitiesIn({
  data,
  shape,
}: NdArray<'float32'>): Pick<NetworkCheck, 'probabilities' | 'shares'> {
  const [count = 0, classes = 1] = shape;
  const bounded = data.length > 0 && data.every((value) => value >= 0 && value <= 1);
  if (!bounded) return { probabilities: false };
  const sums = Array.from({ length: count }, (_, n) =>
    data.subarray(n * classes, (n + 1) * classes).reduce((total, value) => total + value, 0),
  );
  if (sums.every((sum) => Math.abs(sum - 1) <= 1e-3)) return { probabilities: true };
  return { probabilities: false, ...(count >= FEWEST_SHARES ? { shares: true } : {}) };
}
