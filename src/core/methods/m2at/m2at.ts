import { firstFloat32, firstOnDevice, float32Output } from '../../attacks/base/outputs';
import { readArray, releaseArray, type ProgramInput } from '../../engine/arrays/device-array';
import { difference } from '../difference';
import { createInnerAttack } from '../inner-attack';
import type { CreateMethod, DrawnBatch } from '../method';
import { amplifiedBy, cleanColumn, imageColumn, perturbationColumn } from '../preview-columns';
import type { M2atDraws } from './draws';
import { m2atHeadings } from './headings';
import { lambdaFact } from './lambda';
import { mixture } from './mix';
import type { M2atParameters } from './parameters';

/**
 * Masking and Mixing Adversarial Training. A PGD perturbation is split by a binary mask into two partially
 * perturbed images, x1 = x + M * delta and x2 = x + (1 - M) * delta; the network is trained with cross-entropy
 * on their mixture lambda * x1 + (1 - lambda) * x2.
 * Adachi, Hirakawa, Yamashita, Fujiyoshi, Ishii and Kozuka, VISAPP 2023, arXiv 2302.08066. The two processes
 * are the paper's; the distributions of mask and lambda and the labels are choices (docs/methods.md).
 */
export const createM2at: CreateMethod<M2atParameters, M2atDraws> = (network, parameters) => {
  const attack = createInnerAttack(network, parameters);
  const mix = network.device.compile('m2at-mix', (x, perturbed, mask, lambda) => [
    mixture(x, perturbed, mask, lambda).mixed,
  ]);
  const mixParts = network.device.compile('m2at-preview', (x, perturbed, mask, lambda) => {
    const { x1, x2, mixed } = mixture(x, perturbed, mask, lambda);
    return [mixed, x1, x2];
  });

  /** Does something with the perturbed images, which live no longer than that. */
  async function withPerturbed<T>(
    batch: DrawnBatch<M2atDraws>,
    signal: AbortSignal,
    use: (perturbed: ProgramInput<'float32'>, draws: M2atDraws) => Promise<T>,
  ): Promise<T> {
    const perturbed = await attack.run(batch, signal);
    try {
      return await use(perturbed, batch.draws);
    } finally {
      releaseArray(perturbed);
    }
  }

  return {
    prepare: (batch, signal) =>
      withPerturbed(batch, signal, async (perturbed, { mask, lambda }) => [
        firstOnDevice(await mix.runOnDevice(batch.images, perturbed, mask, lambda)),
        batch.targets,
      ]),
    preview: (batch, signal) =>
      withPerturbed(batch, signal, async (perturbed, { mask, lambda }) => {
        const outputs = await mixParts.run(batch.images, perturbed, mask, lambda);
        const delta = difference(await readArray(perturbed), batch.images);
        return {
          columns: [
            cleanColumn(batch.images),
            perturbationColumn(delta),
            { key: 'mask', ...m2atHeadings.mask, kind: 'mask', data: mask, predict: false },
            imageColumn('x1', m2atHeadings.x1, float32Output(outputs, 1)),
            imageColumn('x2', m2atHeadings.x2, float32Output(outputs, 2)),
            imageColumn('xMix', m2atHeadings.xMix, firstFloat32(outputs)),
          ],
          facts: [{ ...lambdaFact, values: lambda.data }],
          ...amplifiedBy(parameters),
        };
      }),
    async dispose() {
      await attack.dispose();
      await mix.dispose();
      await mixParts.dispose();
    },
  };
};
