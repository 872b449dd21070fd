import * as z from 'zod';
import { stepsBefore } from '../../define-method';
import { defineOption } from '../../define-option';
import { withScalar } from '../with-scalar';
import { emaDecay } from './ema-decay';

/** Exponential moving average of the weights: the averaged network is evaluated, saved and attacked. */
export const ema = defineOption({
  name: 'ema',
  schema: z
    .strictObject({
      decay: z
        .number()
        .min(0)
        .lt(1)
        .default(0.995)
        .describe('Share of the average that stays in each step: tau. Wang et al., ICML 2023, take 0.995.'),
      warmup: z
        .number()
        .min(0)
        .max(1)
        .default(0.025)
        .describe(
          'Share of the training in which the average is the network itself. After d further steps the decay is (1 + d) / (10 + d), until that reaches its value.',
        ),
      statistics: z
        .enum(['averaged', 'copied'])
        .default('averaged')
        .describe("BatchNorm's moving statistics: averaged like weights, or those of the trained network."),
    })
    .describe(
      'Exponential moving average of the weights (Gowal et al., arXiv 2010.03593): the averaged network is evaluated, saved and attacked, and training goes on with the other one.',
    ),
  apply:
    ({ decay, warmup, statistics }) =>
    (method) =>
      withScalar(method, {
        name: 'emaDecay',
        valueOf: (batch) => emaDecay(stepsBefore(batch) + 1, warmup * batch.steps, decay),
        async change(bound, network) {
          const { Average } = await import('./average');
          const average = await Average.of(network.model, statistics);
          return {
            update: average.after,
            state: [...(bound.state ?? []), ...average.trained],
            evaluated: average.model,
            async dispose() {
              average.dispose();
              await bound.dispose();
            },
          };
        },
      }),
});
