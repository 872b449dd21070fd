import * as z from 'zod';
import { shownText } from '../text-schema';
import { interval } from './accuracy-fields';

/** [label, predicted class, images]: combinations that don't occur are left out. */
const confusion = z.array(z.tuple([z.int(), z.int(), z.int()]));

/** What follows from the images of a report; made with it, so that all who show it show the same. */
export const reportAnalysis = z.strictObject({
  /** A class that occurs among the images, by its label. */
  classes: z.array(
    z.strictObject({
      label: z.int(),
      count: z.int(),
      /** Classified correctly. */
      clean: z.int(),
      /** Classified correctly under every attack, too. */
      robust: z.int(),
      /** Of the shares of `count`. */
      cleanInterval: interval,
      robustInterval: interval,
    }),
  ),
  confusion: z.strictObject({
    clean: confusion,
    /** Under the attack that broke an image with the highest loss; the clean prediction where none did. */
    adversarial: confusion,
  }),
  /** Robust accuracy against the size of the perturbation, from epsilon 0 (clean) on. */
  curves: z.array(
    z.strictObject({
      /** Such as `pgd-20 linf`. */
      title: shownText,
      norm: shownText,
      /** `measured`: an attack for each epsilon; `norms`: from the smallest norms that an attack has found. */
      kind: z.enum(['measured', 'norms']),
      /** Ascending. */
      points: z.array(
        z.strictObject({ epsilon: z.number(), robustAccuracy: z.number(), robustAccuracyInterval: interval }),
      ),
    }),
  ),
  /** Norms of the perturbations that fool, one entry a minimal-norm attack. */
  norms: z.array(
    z.strictObject({
      /** Place of the attack in the report. */
      attack: z.int().min(0),
      norm: shownText,
      /** Images that it attacked, and those that it fooled, with any norm. */
      attacked: z.int(),
      found: z.int(),
      /** Over those that it fooled: minimum, quartiles, maximum; null when there are none. */
      quantiles: z.tuple([z.number(), z.number(), z.number(), z.number(), z.number()]).nullable(),
      /** Equal bins from `from` to `to`. */
      histogram: z.strictObject({ from: z.number(), to: z.number(), counts: z.array(z.int()) }),
    }),
  ),
  /** What each attack did on all images that it is through with. Absent in reports of earlier versions. */
  attacks: z
    .array(
      z.strictObject({
        /** Images that it is through with, of which its accuracy is. Absent in reports of earlier versions. */
        images: z.int().optional(),
        /**
         * Images that it attacked itself: right before, not fooled by a member of its ensemble before it, and not of their
         * target's class.
         */
        attacked: z.int(),
        /** By a targeted attack: taken for the target. */
        fooled: z.int(),
        /** Of a targeted attack: misclassified as whatever class, and images that it left out as their label is their target. */
        misclassified: z.int().optional(),
        leftOut: z.int().optional(),
        /** Of the examples that fooled; null when there are none. */
        medianNorm: z.number().nullable(),
      }),
    )
    .optional(),
});
export type ReportAnalysis = z.output<typeof reportAnalysis>;
