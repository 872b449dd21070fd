import { readAndRelease } from '../../attacks/base/outputs';
import { difference } from '../difference';
import { createInnerAttack } from '../inner-attack';
import type { InnerAttackParameters, StartDraws } from '../inner-attack-parameters';
import type { CreateMethod } from '../method';
import { adversarialColumn, amplifiedBy, cleanColumn, perturbationColumn } from '../preview-columns';

/**
 * PGD adversarial training: cross-entropy on PGD examples of the batch.
 * Madry et al., "Towards Deep Learning Models Resistant to Adversarial Attacks", ICLR 2018.
 */
export const createPgdAt: CreateMethod<InnerAttackParameters, StartDraws> = (network, parameters) => {
  const attack = createInnerAttack(network, parameters);
  return {
    prepare: async (batch, signal) => [await attack.run(batch, signal), batch.targets],
    async preview(batch, signal) {
      const x = batch.images;
      const xAdv = await readAndRelease(await attack.run(batch, signal));
      return {
        columns: [cleanColumn(x), perturbationColumn(difference(xAdv, x)), adversarialColumn(xAdv)],
        ...amplifiedBy(parameters),
      };
    },
    dispose: () => attack.dispose(),
  };
};
