import * as z from 'zod';
import { shownText } from '../text-schema';
import { interval, measured, split } from './accuracy-fields';

const common = { step: z.int().min(0), epoch: z.number().min(0), elapsedSeconds: z.number().min(0) };

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
  /**
   * Of a final evaluation: it stands beside the one that the run's result is of, and comes before it. Absent: it is that
   * one.
   */
  beside: z.literal(true).optional(),
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
