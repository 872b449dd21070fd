import type { StepPasses } from '../methods/define-method';
import type { AttackParameters } from '../attacks/parameters/attack-parameters';
import type { EvaluationPlan } from '../attacks/plan/evaluation-plan';
import type { TrainingPlan } from '../experiment/training-plan';

/** A training pass with its update costs about as much as two passes of an attack. */
const TRAINING_PASS = 2;
/** A forward pass alone costs about so much of a pass of an attack. */
const QUERY = 1 / 3;
/** About the share of its images that an attack of an ensemble is left by those before it. */
const LEFT = 0.5;

/**
 * Estimates how long a run still takes, evaluations included: from the measured seconds of a step and, as soon
 * as there was one, of an evaluation; before that an evaluation is priced in passes over the network.
 */
export class TimeLeft {
  private secondsPerStep: number | undefined;
  private secondsPerEvaluationPass: number | undefined;
  private readonly passes: { readonly during: number; readonly final: number };
  private readonly stepPasses: number;

  /**
   * @param networks that the final evaluation is of, at most
   * @param corrupted images of its corruptions, of all severities together
   */
  constructor(
    { attack, training }: StepPasses,
    evaluations: { readonly during: EvaluationPlan; readonly final: EvaluationPlan },
    private readonly plan: TrainingPlan,
    { networks = 1, corrupted = 0 }: { readonly networks?: number; readonly corrupted?: number } = {},
  ) {
    const final = networks * imagePasses(evaluations.final) + corrupted;
    this.passes = { during: imagePasses(evaluations.during), final };
    this.stepPasses = plan.batchSize * (attack + training * TRAINING_PASS);
  }

  /** Not to be called for a step that compiled something. */
  stepTook(seconds: number): void {
    this.secondsPerStep =
      this.secondsPerStep === undefined ? seconds : 0.9 * this.secondsPerStep + 0.1 * seconds;
  }

  evaluationTook(seconds: number): void {
    this.secondsPerEvaluationPass = seconds / this.passes.during;
  }

  /** @returns seconds; undefined until a step was measured */
  after(step: number): number | undefined {
    if (this.secondsPerStep === undefined) return undefined;
    const perPass = this.secondsPerEvaluationPass ?? this.secondsPerStep / this.stepPasses;
    const evaluations = this.plan.evaluationsAfter(step) * this.passes.during + this.passes.final;
    return (this.plan.steps - step) * this.secondsPerStep + evaluations * perPass;
  }
}

/** Passes of one image over the network in an evaluation: a clean one, each attack's own, and the check after it. */
function imagePasses({ count, attacks, counts }: EvaluationPlan): number {
  return attacks.reduce((sum, { parameters, group }, place) => {
    const isLeft = attacks[place - 1]?.group === group;
    return sum + (counts[place] ?? count) * (isLeft ? LEFT : 1) * (1 + attackPasses(parameters));
  }, count);
}

/** As far as its parameters tell. */
function attackPasses({
  steps = 1,
  restarts = 1,
  eotSamples = 1,
  targets,
  queries,
}: AttackParameters): number {
  if (typeof queries === 'number') return QUERY * queries * restarts;
  return steps * restarts * eotSamples * (typeof targets === 'number' ? targets : 1);
}
