import * as z from 'zod';
import { measuredBy } from '../attacks/parameters/known-attack';
import { storedAttack } from '../attacks/parameters/stored-attack';
import { processOrigin } from '../processes/process-origin';
import { shownLines, shownText } from '../text-schema';
import { inputSpecFile } from '../models/input/input-spec-schema';
import { recordForm } from './record-form';

/** `run.json`: what a run is and where it stands. */
export const runStatuses = ['preparing', 'running', 'stopping', 'done', 'stopped', 'failed'] as const;
export type RunStatus = (typeof runStatuses)[number];

/** Wilson 95 % interval of an accuracy, over all images that it is a share of. Absent in files of earlier versions. */
const interval = z.tuple([z.number(), z.number()]).optional();

/** Whose images they are that accuracies are shares of. Absent: test images. */
const split = z.enum(['validation', 'test']).optional();

/** 64 hex digits. */
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** What the files of a run were when its record was written, for as long as they stay so. */
const checksums = z.strictObject({
  /** SHA-256 of `experiment.json`, as `sha256OfJson` makes it. */
  experiment: sha256.optional(),
  /** Of `attack.json`; the second is the one before, which stands in the file until it is replaced. */
  attack: z.array(sha256).min(1).max(2).optional(),
  /** Rows of `metrics.jsonl` when the run ended. */
  rows: z.int().min(0).optional(),
  /** SHA-256 of the arrays of an attack when it ended, by their paths in the run directory. */
  arrays: z.record(z.string(), sha256).optional(),
});

/** What a run was computed on. */
export const deviceRecord = z.strictObject({
  /** One line for people: provider, version, threads. */
  description: shownText,
  /** Such as `CPUExecutionProvider`. */
  provider: shownText,
  /** The GPU by name, where it could be found out. */
  adapter: shownText.optional(),
  threads: z.int().optional(),
  /** Memory layout of images: `NCHWc16`, `NCHWc8` or `NCHW`. */
  layout: shownText.optional(),
  /** Versions of the libraries that compute. */
  versions: z.record(z.string(), shownText),
  /** The device that was asked for, and why it was not this one. */
  insteadOf: z.strictObject({ name: shownText, reason: shownText }).optional(),
  /** How `auto` came to this device; absent where it was asked for by name. */
  chosen: shownText.optional(),
  /** Nodes that another provider computed, by program and ONNX operator: every one by its name. */
  fallbacks: z.array(
    z.strictObject({
      program: shownText,
      op: shownText,
      provider: shownText,
      nodes: z.array(shownText),
    }),
  ),
});
export type DeviceRecord = z.output<typeof deviceRecord>;

/** Something that a training run saw go wrong, or that ended it early. */
const runSign = z.strictObject({
  /** What it is, such as `catastrophic-overfitting`: there is one of each. */
  sign: shownText,
  step: z.int().min(0),
  epoch: z.number().min(0),
  /** The same in a few words. */
  title: shownText,
  message: shownText,
  /** What to do about it. */
  advice: shownText.optional(),
});
export type RunSign = z.output<typeof runSign>;

export const runRecord = z.strictObject({
  ...recordForm,
  id: z.string().regex(/^[\w.-]{1,128}$/),
  kind: z.enum(['train', 'attack']),
  /** What people call it: the experiment's name, and the run's name where the file has several. */
  name: shownText,
  status: z.enum(runStatuses),
  /** The error that ended it, when `status` is `failed`. */
  message: shownLines.optional(),
  /** The experiment file or the checkpoint that it came from. */
  source: shownText.optional(),
  /** The process that owns the run while it is not over; a record whose process is gone was interrupted. */
  pid: z.int().optional(),
  /** Where and when that process began. Absent in records of earlier versions. */
  owner: processOrigin.optional(),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime().optional(),
  /** Name of the device. */
  device: shownText.optional(),
  /** Absent in records of the first versions. */
  deviceDetails: deviceRecord.optional(),
  versions: z.record(z.string(), shownText),
  /** Of training: version of the way in which the attacks of its evaluations draw random numbers; absent: 1. */
  draws: z.int().optional(),
  /** What has to be known of its files: damage that was found, and what was done about it. */
  warnings: z.array(z.string()).optional(),
  /**
   * Of training: passes over the network, forward and backward, that a step takes for each of its images. Absent in records
   * of earlier versions.
   */
  passes: z.strictObject({ attack: z.number().min(0), training: z.number().min(0) }).optional(),
  /** Of training, in the order in which they were seen. */
  signs: z.array(runSign).optional(),
  /** Absent in records of earlier versions. */
  checksums: checksums.optional(),
  /** Position of training, for lists and badges. */
  progress: z.strictObject({ step: z.int(), steps: z.int(), epoch: z.number(), epochs: z.int() }).optional(),
  /** Results of the latest evaluation (train) or of the attack, once it is done; fractions in [0, 1]. */
  cleanAccuracy: z.number().optional(),
  robustAccuracy: z.number().optional(),
  cleanAccuracyInterval: interval,
  robustAccuracyInterval: interval,
  /** Of these results, in training. */
  split,
});
export type RunRecord = z.output<typeof runRecord>;

const common = { step: z.int().min(0), epoch: z.number().min(0), elapsedSeconds: z.number().min(0) };
/** NaN and infinity, which JSON lacks, are written as null: a diverged loss stays visible as a gap. */
export const measured = z.number().nullable();

const stepRow = z.strictObject({
  kind: z.literal('step'),
  ...common,
  /** Training loss, nats, mean over the batch. */
  loss: measured,
  /** Accuracy on the images that the step trained on (mixed or adversarial), fraction. */
  batchAccuracy: measured,
  learningRate: z.number(),
  imagesPerSecond: z.number(),
});
export type StepRow = z.output<typeof stepRow>;

/** What a final evaluation was of: the checkpoint with the highest robust accuracy, and where that is from. */
const evaluatedNetwork = z.strictObject({
  kind: z.literal('best'),
  step: z.int().min(0),
  epoch: z.number().min(0),
});

const evaluationRow = z.strictObject({
  kind: z.literal('evaluation'),
  ...common,
  /** True for the evaluation that ends a run. */
  final: z.boolean(),
  /** Images, of this split. */
  count: z.int(),
  split,
  /** Absent: the network as it was after `step`. */
  network: evaluatedNetwork.optional(),
  loss: measured,
  cleanAccuracy: z.number(),
  cleanAccuracyInterval: interval,
  /** Worst case over those of `attacks` that are measured on all images. */
  robustAccuracy: z.number(),
  robustAccuracyInterval: interval,
  attacks: z.array(
    z.strictObject({
      attack: shownText,
      /** Images that it is measured on, the first ones, where those are fewer than the evaluation's. */
      count: z.int().optional(),
      robustAccuracy: z.number(),
      robustAccuracyInterval: interval,
      seconds: z.number(),
    }),
  ),
});
export type EvaluationRow = z.output<typeof evaluationRow>;

/** A row whose other columns are what a method measures besides: numbers by their names. */
type Row<Known> = z.ZodType<Known> & z.core.$ZodTypeDiscriminable;
const openStepRow: Row<StepRow> = stepRow.catchall(measured);
const openEvaluationRow: Row<EvaluationRow> = evaluationRow.catchall(measured);

/** One line of `metrics.jsonl`. */
export const metricRow = z.discriminatedUnion('kind', [openStepRow, openEvaluationRow]);
export type MetricRow = z.output<typeof metricRow>;

/** Its numbers by the names of their columns, whatever was measured; NaN for what was not finite. */
export function valuesOf(row: MetricRow): [column: string, value: number][] {
  return Object.entries<unknown>(row).flatMap(([column, value]): [string, number][] =>
    typeof value === 'number' || value === null ? [[column, value ?? NaN]] : [],
  );
}

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
