import * as z from 'zod';
import { shownText } from '../text-schema';
import { recordForm } from './record-form';

/** Images of a kind, the share of `of` that they are, and its Wilson 95 % interval; both absent where `of` is 0. */
const part = z.strictObject({
  count: z.int(),
  of: z.int(),
  share: z.number().optional(),
  interval: z.tuple([z.number(), z.number()]).optional(),
});
export type TransferPart = z.output<typeof part>;

/** What one network makes of the saved examples of one source. */
export const transferRow = z.strictObject({
  source: z.strictObject({
    /** What made the examples, such as `pgd-20 linf 8/255`; of arrays, the name of the file. */
    title: shownText,
    /** Absolute path of the array. */
    file: shownText,
    /** The attack run, and the place of the group in its report. */
    run: shownText.optional(),
    group: z.int().min(0).optional(),
    /** The network that they were made on. */
    checkpoint: shownText.optional(),
  }),
  /** Absolute path of the network that they were shown to. */
  target: shownText,
  format: shownText,
  /** The target is the network that the examples were made on. */
  isSource: z.boolean(),
  /** Images, the first ones of the array. */
  count: z.int(),
  /** Classified correctly as they are saved, of all. */
  accuracy: part,
  /** Classified correctly without the perturbation, of all. These three are absent where the clean images can't be had. */
  clean: part.optional(),
  /** Classified wrongly, of those that are classified correctly without the perturbation. */
  fooled: part.optional(),
  /** The same, only of those whose example fools the network that it was made on; absent where that is unknown. */
  transferred: part.optional(),
  device: shownText,
  measuredAt: z.iso.datetime(),
});
export type TransferRow = z.output<typeof transferRow>;

/** `transfer.json` of an attack run, and what `m2at evaluate --json` prints. */
export const transferTable = z.strictObject({
  ...recordForm,
  /** What is to be known of the numbers, each with what to do. */
  warnings: z.array(shownText),
  rows: z.array(transferRow),
});
export type TransferTable = z.output<typeof transferTable>;
