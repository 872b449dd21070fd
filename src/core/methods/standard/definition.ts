import * as z from 'zod';
import { defineMethod } from '../define-method';

export const standard = defineMethod({
  name: 'standard',
  parameters: z.strictObject({
    name: z.literal('standard').describe('Ordinary training: natural images, true labels.'),
  }),
  passes: () => ({ attack: 0, training: 1 }),
  draws: z.object({}),
  draw: () => ({}),
  load: async () => (await import('./standard')).createStandard,
});
