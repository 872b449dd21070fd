import * as z from 'zod';
import { plainPath } from '../text-schema';
import { corruptions } from '.';
import { severities } from './base/define-corruption';

/** Their names, in the order of the paper. */
export const corruptionNames = corruptions.map(({ name }) => name);

const [least, , , , most] = severities;

/** What an evaluation under corruptions does: `{}` is all of it. */
export const corruptionParameters = z.strictObject({
  names: z
    .array(z.enum(corruptionNames))
    .min(1)
    .max(corruptionNames.length)
    .default(corruptionNames)
    .describe('Which of the 15 corruptions; default: all of them.'),
  severities: z
    .array(z.int().min(least).max(most))
    .min(1)
    .max(severities.length)
    .default([...severities])
    .describe('How strong, 1 to 5; default: all five.'),
  folder: plainPath
    .min(1)
    .optional()
    .describe(
      "A folder with CIFAR-10-C's files, one NAME.npy a corruption and labels.npy: its images are taken instead of " +
        'those that are computed here.',
    ),
});
export type CorruptionParameters = z.output<typeof corruptionParameters>;

/** Each corruption and each severity once, in the order of the paper. */
export function inOrder({ names, severities: asked, ...rest }: CorruptionParameters): CorruptionParameters {
  return {
    ...rest,
    names: corruptionNames.filter((name) => names.includes(name)),
    severities: severities.filter((severity) => asked.includes(severity)),
  };
}
