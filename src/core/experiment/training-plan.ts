import type { ResolvedExperiment } from './experiment-schema';

/** The arithmetic of a training run: how many steps, and where something is due. */
export interface TrainingPlan {
  /** Images of a step. */
  readonly batchSize: number;
  /** Parts of a step, of batchSize / parts images each. */
  readonly parts: number;
  readonly stepsPerEpoch: number;
  readonly steps: number;
  /** Whether the network is evaluated when so many steps are done. Also at the end, to compare with the best. */
  evaluationDue(step: number): boolean;
  /** Evaluations still to come when so many steps are done, that step's own not counted. */
  evaluationsAfter(step: number): number;
}

/**
 * An epoch is as many whole batches as the data has; what is left over (other images in each epoch, as they are
 * shuffled) is skipped, so that every step has the same shape and one compilation serves them all.
 */
export function planTraining(
  { training, evaluation }: Pick<ResolvedExperiment, 'training' | 'evaluation'>,
  trainCount: number,
): TrainingPlan {
  const batchSize = Math.min(training.batchSize, trainCount);
  const stepsPerEpoch = Math.floor(trainCount / batchSize);
  const steps = training.epochs * stepsPerEpoch;
  const period = Math.max(1, evaluation.everyEpochs * stepsPerEpoch);
  const due = new Set<number>([steps]);
  for (let k = 1; k * period < steps; k++) due.add(Math.round(k * period));
  const inOrder = [...due].sort((a, b) => a - b);
  return {
    batchSize,
    parts: training.accumulate,
    stepsPerEpoch,
    steps,
    evaluationDue: (step) => due.has(step),
    evaluationsAfter: (step) => inOrder.filter((at) => at > step).length,
  };
}
