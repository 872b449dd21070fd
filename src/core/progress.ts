import * as z from 'zod';
import { shownText } from './text-schema';

/** What a long job is doing right now. Stored only while it does. */
export const runProgress = z.strictObject({
  phase: z.enum([
    'download',
    'decode',
    'load',
    'compile',
    'train',
    'evaluate',
    'attack',
    'corruptions',
    'transfer',
  ]),
  done: z.number(),
  /** 0: nothing is counted. */
  total: z.number(),
  /** What `done` and `total` count. */
  unit: z.enum(['bytes', 'files', 'images', 'steps']),
  /**
   * Where images are gone through several times (once without an attack and once for each; for corruptions, once for each;
   * for transfer, once a network):
   * which time this is, from 0, of how many. `done` and `total` are of this time alone.
   */
  pass: z.strictObject({ index: z.int().min(0), count: z.int().min(1) }).optional(),
  secondsLeft: z.number().optional(),
  detail: shownText.optional(),
});
export type RunProgress = z.output<typeof runProgress>;
