import * as z from 'zod';

/** What the steps of PGD and its variants can follow. */
export const lossParameter = {
  loss: z
    .enum(['cross-entropy', 'cw', 'dlr'])
    .default('cross-entropy')
    .describe(
      'What the steps raise: cross-entropy; cw, the largest wrong logit minus the true one (Carlini and Wagner, S&P ' +
        '2017), not clamped; dlr, that as a share of the spread of the logits (Croce and Hein, ICML 2020).',
    ),
};
export type StepLoss = z.output<typeof lossParameter.loss>;
