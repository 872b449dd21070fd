import * as z from 'zod';

/** What a child of the file fuzzer tells. */
export const fromChild = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready') }),
  z.object({
    type: z.literal('tried'),
    seed: z.int(),
    label: z.string(),
    outcome: z.discriminatedUnion('end', [
      z.object({ end: z.enum(['works', 'runs']) }),
      z.object({ end: z.literal('refused'), code: z.string(), message: z.string() }),
      z.object({ end: z.literal('problem'), problem: z.string() }),
    ]),
    /** The most memory that the process has had, in bytes. */
    peak: z.number(),
  }),
]);
export type FromChild = z.output<typeof fromChild>;
