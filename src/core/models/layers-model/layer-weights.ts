import { sizeOf } from '../../engine/arrays/nd-array';
import { M2atError } from '../../errors';
import type { WeightGroup } from '../weights-manifest';
import { readStoredWeights } from '../stored-weights';
import { assertFinite } from '../weight-shards';

export interface LayerWeight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** The numbers that a manifest declares: what a model's layers may draw on. */
export function declaredNumbers(groups: readonly WeightGroup[]): number {
  return groups.flatMap(({ weights }) => weights).reduce((sum, { shape }) => sum + sizeOf(shape), 0);
}

/**
 * Reads the weights of a layers model: float32, as they are or quantized.
 * @param sha256 of the bytes of each group, where it is known
 * @throws M2atError `checkpoint` as {@link readStoredWeights}, and for other types than float32
 */
export async function readLayerWeights(
  groups: readonly WeightGroup[],
  modelFile: string,
  sha256?: string,
): Promise<LayerWeight[]> {
  for (const { name, dtype } of groups.flatMap(({ weights }) => weights)) {
    if (dtype === 'float32') continue;
    throw new M2atError('checkpoint', `stored as ${dtype}; only float32 can be read`, {
      where: `${modelFile}: weight ${name}`,
      hint: 'Weights of a layer are float32; quantized ones say so in `quantization`.',
    });
  }
  const stored = await readStoredWeights(groups, modelFile, sha256);
  return [...stored.values()].map(({ name, shape, values }) => {
    const numbers = Float32Array.from(values);
    assertFinite(numbers, name, modelFile);
    return { name, shape, values: numbers };
  });
}
