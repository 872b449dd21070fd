import * as z from 'zod';

/** Rules that have a name. `file`: classes that are given with the images, one for each. */
export const targetNames = ['next', 'second', 'least-likely', 'random', 'file'] as const;

const EXPECTED =
  'must be next, second, least-likely, random, label+K (such as label+3) or the number of a class';
const SHIFT = /^label\+([1-9]\d{0,8})$/;

/**
 * Which class a targeted attack aims at, image by image: `next`, (label + 1) mod classes; `second` and `least-likely`,
 * the class with the largest and the smallest clean logit of those that are not the label; `random`, any of those;
 * `label+K`, (label + K) mod classes; a class; or `file`.
 */
export const targetRule = z.union(
  [
    z.enum(targetNames),
    z.string().regex(SHIFT, { error: ({ input }) => `${EXPECTED}; got ${JSON.stringify(input)}` }),
    z.int().min(0),
  ],
  { error: EXPECTED },
);
export type TargetRule = z.output<typeof targetRule>;

/** The parameters of every attack that has a targeted form. */
export const targetParameters = {
  targeted: z
    .boolean()
    .default(false)
    .describe('Push towards a class instead of away from the label: the next one, or that of `target`.'),
  target: targetRule
    .optional()
    .describe(
      'The class to reach: next, second (largest clean logit but for the label), least-likely, random, label+K or ' +
        'a class number. Given, it makes the attack targeted.',
    ),
};

/** K of `label+K`, 1 of `next`; undefined for other rules. */
export function shiftOf(rule: TargetRule): number | undefined {
  if (rule === 'next') return 1;
  const [, shift] = typeof rule === 'string' ? (SHIFT.exec(rule) ?? []) : [];
  return shift === undefined ? undefined : Number(shift);
}
