import * as z from 'zod';

/** The exit code of a child that can't try anything, for a defect of the fuzzer itself. */
export const DEFECT = 70;

/** To a child of the fuzzer: seeds `from` to `from + count - 1` of a parser. */
export const toChild = z.strictObject({ target: z.string(), from: z.int(), count: z.int().min(1) });
export type ToChild = z.output<typeof toChild>;

/** What a child of the fuzzer tells. */
export const fromChild = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready') }),
  z.object({
    type: z.literal('tried'),
    accepted: z.int(),
    refused: z.int(),
    findings: z.array(z.object({ seed: z.int(), what: z.string() })),
    /** The most memory that the process has had, in bytes. */
    peak: z.number(),
  }),
]);
export type FromChild = z.output<typeof fromChild>;
export type Tried = Extract<FromChild, { type: 'tried' }>;
