import type { TrainingWatch } from '../records/training-watch';
import type { RunSign } from '../records/run-files';

/**
 * Why a training ends before its last step, and what is kept.
 * @param kept step of the network that is kept as the best one
 */
export function earlyEndMessage(
  reason: NonNullable<TrainingWatch['ended']>,
  { best, sinceBest }: Pick<TrainingWatch, 'best' | 'sinceBest'>,
  { step, steps, kept }: { readonly step: number; readonly steps: number; readonly kept: number },
): Pick<RunSign, 'sign' | 'title' | 'message'> {
  const highest = `${(100 * (best?.robustAccuracy ?? NaN)).toFixed(1)} %`;
  const why =
    reason === 'patience'
      ? `: no robust accuracy above ${highest} in ${sinceBest} evaluations (training.earlyStopping.patience)`
      : ', because of the catastrophic overfitting (training.earlyStopping)';
  return {
    sign: `ended-by-${reason}`,
    title: 'ended early',
    message: `Ended early, after step ${step} of ${steps}${why}. The network of step ${kept} is kept as the best one.`,
  };
}
