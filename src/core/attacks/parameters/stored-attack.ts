import * as z from 'zod';
import { shownText } from '../../text-schema';

/** An attack as records name it, with its parameters: also one that this version does not know. */
export const storedAttack = z.looseObject({
  name: shownText,
  norm: shownText.optional(),
  epsilon: z.number().optional(),
});
export type StoredAttack = z.output<typeof storedAttack>;
