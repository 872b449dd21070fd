import { readAndRelease } from '../../attacks/base/outputs';
import { difference } from '../difference';
import { createInnerAttack } from '../inner-attack';
import type { InnerAttackParameters, StartDraws } from '../inner-attack-parameters';
import type { CreateMethod } from '../method';

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
        columns: [
          { key: 'x', title: 'x', kind: 'image', data: x, predict: true },
          { key: 'delta', title: 'δ', kind: 'perturbation', data: difference(xAdv, x), predict: false },
          { key: 'xAdv', title: 'x + δ', kind: 'image', data: xAdv, predict: true },
        ],
        epsilon: parameters.epsilon,
      };
    },
    dispose: () => attack.dispose(),
  };
};
