import * as z from 'zod';
import { shownText } from '../text-schema';
import { measured } from './accuracy-fields';

const prediction = z.strictObject({
  label: z.int(),
  confidence: z.number(),
  /** The class that the picture shows, where it is another image than the row's. */
  shows: z.int().optional(),
});
/** `symbol`: short for the name. `about`: what it is. `format`: `percent`, `class`; absent: a decimal number. */
const fact = z.strictObject({
  name: shownText,
  symbol: shownText.optional(),
  about: shownText.optional(),
  unit: shownText.optional(),
  format: shownText.optional(),
  value: measured,
});
const column = z.strictObject({
  key: z.string(),
  title: shownText,
  kind: shownText,
  /** Short for the title. */
  symbol: shownText.optional(),
  /** What it is, in a word or two. Absent in files of earlier versions. */
  name: shownText.optional(),
  about: shownText.optional(),
});

/**
 * A grid of small pictures: `samples/<step>.json` beside `samples/<step>.png`. The picture holds one row an
 * image and one tile of imageSize a column, without gaps. Perturbations are amplified: 0.5 + delta / (2 epsilon).
 */
export const sampleGrid = z.strictObject({
  step: z.int(),
  epoch: z.number(),
  imageSize: z.strictObject({ height: z.int(), width: z.int() }),
  columns: z.array(column),
  rows: z.array(
    z.strictObject({
      /** Index in the training (or, for an attack, test) set. */
      index: z.int(),
      label: z.int(),
      /** What the method says of the image, such as how it was mixed. */
      facts: z.array(fact).optional(),
      /** Of the perturbation, in the attack's norm. */
      norm: z.number().optional(),
      /** The network's answer for a column, by column key; columns without one are left out. */
      predictions: z.record(z.string(), prediction),
    }),
  ),
  classNames: z.array(shownText),
  /** In the gallery of an attack: its place in the report. */
  attack: z.int().min(0).optional(),
});
export type SampleGrid = z.output<typeof sampleGrid>;
