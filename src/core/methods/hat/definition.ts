import * as z from 'zod';
import { boundedLinf } from '../../attacks/budget/bounded-linf';
import { plainPath } from '../../text-schema';
import { defineMethod } from '../define-method';
import { drawInnerAttack, startDraws } from '../inner-attack-parameters';
import { smallStartParameters, withSmallStartBudget } from '../small-start-parameters';

const parameters = z
  .strictObject({
    name: z
      .literal('hat')
      .describe(
        'TRADES, with images beyond the perturbed ones that a standard-trained network labels (Rade and Moosavi-Dezfooli, ICLR 2022).',
      ),
    helper: plainPath
      .min(1)
      .describe(
        "Checkpoint of a standard-trained network, a TF.js layers model or ONNX: a run's directory (its last checkpoint), a folder with model.json, that file, or an .onnx file. Relative to the experiment file.",
      ),
    ...smallStartParameters,
    beta: z
      .number()
      .min(0)
      .default(2.5)
      .describe(
        'Weight of the KL divergence between the answers; 0 or more. Default: 2.5 (Rade and Moosavi-Dezfooli).',
      ),
    gamma: z
      .number()
      .min(0)
      .default(0.5)
      .describe(
        'Weight of the cross-entropy of the helper images; 0 or more. Default: 0.5 (Rade and Moosavi-Dezfooli).',
      ),
    h: z
      .number()
      .min(0)
      .default(2)
      .describe(
        'How far helper images are from the image, in perturbations; 0 or more. Default: 2 (Rade and Moosavi-Dezfooli).',
      ),
  })
  .superRefine(boundedLinf)
  .transform(withSmallStartBudget);
export type HatParameters = z.output<typeof parameters>;

export const hat = defineMethod({
  name: 'hat',
  parameters,
  files: ['helper'],
  // Two more, forward only, are the answer that the attack leads away from, and that of the helper.
  passes: ({ steps }) => ({ attack: steps, training: 3, forward: 2 }),
  draws: startDraws,
  draw: drawInnerAttack,
  load: async () => (await import('./hat')).createHat,
});
