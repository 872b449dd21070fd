import * as z from 'zod';
import { interval } from '../../records/accuracy-fields';
import { reportAnalysis } from '../../records/report-analysis';
import { runRecord } from '../../records/run-record';
import { shownText } from '../../text-schema';

/** An accuracy, with all that decides what it can be compared with. */
export const measurement = z.strictObject({
  /** The same for accuracies that can be compared. */
  key: z.string(),
  /** The same for accuracies on images that the seed drew, whatever it was: they make one picture, and no column. */
  family: z.string(),
  /** `clean`, an attack by its title, or `worst of` several. */
  title: shownText,
  kind: z.enum(['clean', 'attack', 'worst']),
  /** `1000 test images`. */
  images: shownText,
  /** Of the images, what tells them apart from others: an accuracy under attack has the clean one of the same. */
  imagesKey: z.string(),
  /** Everything that it is of, in a sentence. */
  about: shownText,
  accuracy: z.number(),
  interval,
  count: z.int(),
  /** It is the latest evaluation of a training that is not through, and moves. */
  during: z.literal(true).optional(),
  /** The attack run that measured it; absent: the training itself. */
  attackRun: runRecord.shape.id.optional(),
});
export type Measurement = z.output<typeof measurement>;

/** Robust accuracy against epsilon, from an attack. */
export const comparedCurve = z.strictObject({
  /** The same for curves that can be compared. */
  key: z.string(),
  title: shownText,
  norm: shownText,
  images: shownText,
  points: reportAnalysis.shape.curves.element.shape.points,
});
export type ComparedCurve = z.output<typeof comparedCurve>;

/** A network of a run: what it was trained with, and what is known of its accuracy. */
export const comparedRow = z.strictObject({
  /** No other row has it. */
  key: z.string(),
  record: runRecord,
  /** Which network of the run, where it has several rows: `best, step 120`. */
  network: shownText.optional(),
  /** By their dotted paths; empty for an attack on a checkpoint of no run. */
  settings: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
  /** Of work, up to the latest row of the metrics. */
  seconds: z.number().optional(),
  measurements: z.array(measurement),
  curves: z.array(comparedCurve),
  /** Steps of which there are sample pictures, ascending. */
  sampleSteps: z.array(z.int()),
});
export type ComparedRow = z.output<typeof comparedRow>;
