import * as z from 'zod';

/** How somebody looks at a comparison. */
export const compareView = z.strictObject({
  /** Words that a row has to have, and conditions such as `epsilon=8/255` or `clean>50`. */
  filter: z.string().max(1000).default(''),
  /** By their ids, the first one first. */
  sort: z.array(z.strictObject({ column: z.string(), descending: z.boolean() })).default([]),
  /** Columns that are shown or hidden whatever they are at first, by their ids. */
  shown: z.record(z.string(), z.boolean()).default({}),
  /** Columns that stay in sight, by their ids. */
  pinned: z.array(z.string()).default(['name']),
  /** `repeats`: what differs by the seed alone; or the id of a column. */
  groupBy: z.string().optional(),
  /** The key of the row that others are compared with. */
  baseline: z.string().optional(),
});
export type CompareView = z.output<typeof compareView>;

/** Groups runs that differ by their seed alone. */
export const REPEATS = 'repeats';
