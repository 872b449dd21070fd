import * as z from 'zod';
import { usualEpsilon } from '../../attacks/budget/usual-epsilon';
import { pixelFraction } from '../../fraction';
import { defineMethod } from '../define-method';

const parameters = z.strictObject({
  name: z
    .literal('free')
    .describe(
      'Trains on each batch several times; each backward pass also moves a perturbation that lives on from batch to batch (Shafahi et al., NeurIPS 2019).',
    ),
  epsilon: pixelFraction
    .default(usualEpsilon.linf)
    .describe(
      'Largest change of a pixel, and the step of the perturbation, for pixels in [0, 1]. L-inf. Default: 8/255.',
    ),
  replays: z
    .int()
    .min(1)
    .max(100)
    .default(8)
    .describe('Times that a batch is trained on: m of Shafahi et al. Default: 8, as in their code.'),
  clip: z
    .enum(['network', 'images'])
    .default('network')
    .describe(
      'Where [0, 1] is kept to: in the network, which sees clip(x + pert) (Shafahi et al.), or in the perturbation after each update, by the images of the batch (Wong et al., ICLR 2020).',
    ),
});
export type FreeParameters = z.output<typeof parameters>;

export const free = defineMethod({
  name: 'free',
  parameters,
  passes: ({ replays }) => ({ attack: 0, training: replays }),
  draws: z.object({}),
  draw: () => ({}),
  refuses: () => ({
    awp: 'one backward pass gives the gradients of weights and perturbation, and AWP moves the weights between the two',
    accumulate: 'a batch is replayed with an update of the weights after each pass',
  }),
  load: async () => (await import('./free')).createFree,
});
