import * as z from 'zod';

/** Runs of a file, those of its sweep included. */
export const MAX_RUNS = 10_000;

const seed = z.int().min(0).max(4_294_967_295);

const lists = z.record(z.string(), z.array(z.unknown()).min(1).max(MAX_RUNS));

/** Settings that a file goes through: each run of the file becomes as many runs. */
export const sweepSchema = z.strictObject({
  grid: lists
    .optional()
    .describe(
      'Lists of values by dotted path, such as "method.epsilon": ["4/255", "8/255"]. Every combination is a run; the last ' +
        'path varies fastest.',
    ),
  zip: lists
    .optional()
    .describe(
      'Lists of equal length by dotted path, walked through together: the first values, the second ones, …',
    ),
  seeds: z
    .union([z.int().min(1).max(MAX_RUNS), z.array(seed).min(1).max(MAX_RUNS)])
    .optional()
    .describe(
      'Repeats each setting with so many seeds, from the seed of the file on, or with each seed of a list.',
    ),
});
