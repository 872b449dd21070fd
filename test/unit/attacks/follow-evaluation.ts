import type { Evaluation } from '../../../src/core/attacks/evaluation/evaluation';
import type {
  AttackedBatch,
  EvaluateOptions,
  Evaluator,
} from '../../../src/core/attacks/evaluation/evaluator';

/** An evaluation of which a test sees every batch as it counts, and the evaluation so far. */
export async function followEvaluation(
  evaluator: Evaluator,
  options: EvaluateOptions,
  see: (batch: AttackedBatch, evaluation: Evaluation) => void,
): Promise<Evaluation> {
  const state = evaluator.begin(options, await evaluator.classifyClean(options));
  for await (const batch of evaluator.batches(state, options)) see(batch, batch.count());
  return state.result();
}
