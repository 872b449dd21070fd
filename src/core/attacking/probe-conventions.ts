import { isCancelled } from '../cancellation';
import { Evaluator } from '../attacks/evaluation/evaluator';
import type { LabelledImages } from '../attacks/base/attack';
import { M2atError } from '../errors';
import type { AttackTask } from './attack-task';
import { victimOf, type Classifier } from './classifier';
import { isProbed, type CleanResult } from './input-warning';
import { probeInput, type LogitsOf, type ProbeResult } from './probe-input';
import { probeSeconds } from './probe-time';

export interface CleanPass extends LabelledImages {
  readonly clean: CleanResult;
  /** That classifying all images took. */
  readonly seconds: number;
  /** What classified them. */
  readonly evaluator: Evaluator;
  readonly signal: AbortSignal;
}

/**
 * Tries other conventions of input on an attack's first images, unless that was declined or there is no reason to.
 * @throws M2atError `cancelled`
 */
export async function probeConventions(
  { classifier, victim, batchSize, plan, indices, images: { set }, seed, probe }: AttackTask,
  { images, labels, clean, seconds, evaluator, signal }: CleanPass,
): Promise<ProbeResult | undefined> {
  if (probe === false || !isProbed(classifier, classifier.model, clean)) return undefined;
  const opened: Evaluator[] = [];
  const inOtherLayout = async (spec: Classifier['spec']): Promise<LogitsOf | undefined> => {
    try {
      const shape = [set.height, set.width, set.channels];
      const moved = await victimOf({ ...classifier, spec }, victim.device, shape, seed);
      const other = new Evaluator(moved, [], batchSize);
      opened.push(other);
      // It may not run at all: convolutions know where their channels are.
      await other.logits(images, signal);
      return (given) => other.logits(given, signal);
    } catch (error) {
      if (error instanceof M2atError && !isCancelled(error)) return undefined;
      throw error;
    }
  };
  try {
    return await probeInput({
      ...{ found: classifier, images, labels, batchSize, inOtherLayout },
      logits: (given) => evaluator.logits(given, signal),
      secondsPerBatch: seconds / Math.max(1, Math.ceil(indices.length / batchSize)),
      seconds: probeSeconds(plan.attacks, seconds, clean.accuracy),
    });
  } finally {
    for (const other of opened) await other.dispose();
  }
}
