import * as z from 'zod';
import { measuredBy } from '../attacks/parameters/known-attack';
import { storedAttack } from '../attacks/parameters/stored-attack';
import { inputSpecFile } from '../models/input/input-spec-schema';
import { shownText } from '../text-schema';
import { interval, measured } from './accuracy-fields';
import { recordForm } from './record-form';
import { reportAnalysis } from './report-analysis';
import { deviceRecord } from './run-record';

/** How a network takes its input and what it returns, with where each of it is known from. */
export const reportInput = inputSpecFile.extend({
  outputName: shownText.optional(),
  classNames: z.array(shownText).optional(),
  classes: z.int().optional(),
  /** What the network does by itself, first, with pixels that are brought to [0, 1]: (x - mean) / std. */
  normalizes: z.strictObject({ mean: z.array(z.number()), std: z.array(z.number()) }).optional(),
  /** Names of the outputs that are not attacked. */
  otherOutputs: z.array(shownText).optional(),
  /** Absent in reports of earlier versions. */
  origins: z.record(z.string(), shownText).optional(),
});

/** `report.json` of an attack run. */
export const attackReport = z.strictObject({
  ...recordForm,
  checkpoint: shownText,
  format: shownText,
  dataset: shownText,
  /** Images that every attack in `attacks` is through with, the first ones of the selection; the accuracies are on them. */
  count: z.int(),
  /** Images that were selected; absent in reports of the first versions. */
  selected: z.int().optional(),
  seed: z.int(),
  /** Version of the way in which attacks draw random numbers; absent in reports of the first versions: 1. */
  draws: z.int().optional(),
  device: shownText,
  deviceDetails: deviceRecord.optional(),
  cleanAccuracy: z.number(),
  cleanAccuracyInterval: interval,
  /** Worst case over all attacks so far. */
  robustAccuracy: z.number(),
  robustAccuracyInterval: interval,
  warnings: z.array(shownText),
  /** In the order of the network's outputs; empty where nobody knows them. Absent in reports of the first versions. */
  classNames: z.array(shownText).optional(),
  /** How the network takes its input. */
  input: reportInput.optional(),
  batchSize: z.int().optional(),
  /** The examples were put on the 8-bit grid before they were judged. */
  eightBit: z.boolean().optional(),
  /** Of this program, and of what it computes with besides the device's libraries. */
  versions: z.record(z.string(), shownText).optional(),
  analysis: reportAnalysis.optional(),
  /** What was asked for: single attacks, and ensembles of which each attacks only what withstood those before. */
  groups: z
    .array(
      z.strictObject({
        /** Such as `autoattack standard linf 8/255`. */
        title: shownText,
        ensemble: z.boolean(),
        /**
         * Ascending: the group is the same attack with each of these. It draws a curve; for the report's
         * `robustAccuracy` its examples count within a budget that was asked for.
         */
        epsilons: z.array(z.number()).optional(),
        robustAccuracy: z.number(),
        robustAccuracyInterval: interval,
        /** A `.npy` in the run directory: float32 [selected, H, W, C]. */
        adversarial: z.string().regex(/^(?!.*\.\.)\w[\w./-]*$/),
      }),
    )
    .optional(),
  attacks: z.array(
    z.strictObject({
      /** Place of its group in `groups`. */
      group: z.int().optional(),
      /** Such as `pgd-20 linf 8/255`. */
      title: shownText,
      parameters: storedAttack,
      /** For a page, and not in the file. */
      definition: measuredBy.optional(),
      /** Clean and under this attack; in an ensemble, also under those before it. */
      robustAccuracy: z.number(),
      robustAccuracyInterval: interval,
      /**
       * Of a targeted attack that was asked for as such: images that it attacked (right before, and not of their
       * target's class), and those that were left out because their label is their target; and which shares of the attacked ones were
       * taken for their target, and misclassified as whatever class. Shares are null where nothing was attacked.
       */
      attacked: z.int().optional(),
      leftOut: z.int().optional(),
      targetSuccess: z.number().nullable().optional(),
      misclassified: z.number().nullable().optional(),
      seconds: z.number(),
      /** Examples that broke a rule and did not count: a defect of the attack. */
      invalid: z.int().optional(),
      /** Of its own examples that count, `of`, those that are still adversarial once rounded to 8 bits. */
      survivesRounding: z.strictObject({ count: z.int(), of: z.int() }).optional(),
      images: z.array(
        z.strictObject({
          index: z.int(),
          label: z.int(),
          cleanPrediction: z.int(),
          adversarialPrediction: z.int(),
          /** Misclassified by an example within the budget; under a targeted attack: taken for the target. */
          broken: z.boolean(),
          /** Of a targeted attack: the class to reach. An image whose label it is was left out. */
          target: z.int().optional(),
          /** Of a targeted attack: misclassified by an example within the budget, as whatever class. */
          misclassified: z.boolean().optional(),
          /** Norm of the perturbation in the attack's own norm. */
          norm: z.number(),
          loss: measured,
          /** Of the clean and of the adversarial prediction, fractions. */
          cleanConfidence: z.number().optional(),
          adversarialConfidence: z.number().optional(),
          /** Of a broken image: whether its example, rounded to the nearest k/255, is still adversarial. */
          survivesRounding: z.boolean().optional(),
          /** Of a decision-based attack: it found no misclassified image to start from, and so did not search. */
          noStart: z.literal(true).optional(),
          /** The attack of the same ensemble, by its place, that had broken the image; this one left it out. */
          carriedFrom: z.int().optional(),
        }),
      ),
    }),
  ),
});
export type AttackReport = z.output<typeof attackReport>;
