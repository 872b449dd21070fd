import * as z from 'zod';
import { shownText } from '../text-schema';
import { interval } from './accuracy-fields';
import { recordForm } from './record-form';

/** `corruptions.json`: the accuracy of a network on images under common corruptions. */
export const corruptionTable = z.strictObject({
  ...recordForm,
  /** `computed`: computed here; `files`: read from the user's files. */
  origin: shownText,
  /** Of computed ones: the published set whose constants they have. */
  constants: shownText.optional(),
  /** Absolute path of the files. */
  folder: shownText.optional(),
  dataset: shownText,
  /** Images, the same under each corruption. */
  count: z.int(),
  /** Of random numbers. */
  seed: z.int(),
  /** What is asked for, in this order. */
  corruptions: z.array(z.strictObject({ name: shownText, title: shownText, family: shownText })),
  severities: z.array(z.int()),
  /** Of the same images without corruption. */
  cleanAccuracy: z.number(),
  cleanAccuracyInterval: interval,
  /** Mean over `rows`. The interval is at least as wide as the one that it has. Absent before the first row. */
  meanAccuracy: z.number().optional(),
  meanAccuracyInterval: interval,
  /** A row a corruption and severity, as far as they are measured. */
  rows: z.array(
    z.strictObject({
      corruption: shownText,
      severity: z.int(),
      accuracy: z.number(),
      accuracyInterval: interval,
    }),
  ),
  /** How computed images differ from the published ones. */
  notes: z.array(shownText),
});
export type CorruptionTable = z.output<typeof corruptionTable>;
