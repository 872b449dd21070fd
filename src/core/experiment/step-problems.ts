import type { AttackEntry } from '../attacks/base/define-attack';
import * as z from 'zod';
import { ZERO_STEP } from '../attacks/plan/budget';
import { planEvaluation } from '../attacks/plan/evaluation-plan';
import { shortStepWarning, stepWarnings } from '../attacks/plan/step-warnings';
import type { FieldPath, FieldProblem } from './describe-issue';
import type { ResolvedExperiment } from './experiment-schema';
import type { FullExperiment } from './resolve-experiment';

/** How methods name the parameters of their inner attack. */
const stepsWithinBall = z.object({ epsilon: z.number(), stepSize: z.number(), steps: z.number() });

/** Steps of 0 in an experiment. Apart from the validators, so that records of older runs can be read. */
export function stepProblems({ method, evaluation }: ResolvedExperiment): FieldProblem[] {
  const problem = (path: FieldPath): FieldProblem => ({
    path: [...path, 'stepSize'],
    message: `must be more than 0: ${ZERO_STEP}; got 0`,
  });
  const isZero = (step: object): boolean => 'stepSize' in step && step.stepSize === 0;
  return [
    ...(isZero(method) ? [problem(['method'])] : []),
    ...(['during', 'final'] as const).flatMap((part) =>
      evaluation[part].attacks.flatMap((attack, index) =>
        isZero(attack) ? [problem(['evaluation', part, 'attacks', index])] : [],
      ),
    ),
  ];
}

/** What to say of steps that are too short for their epsilon, before the training begins. */
export function experimentStepWarnings(
  { method, evaluation }: FullExperiment,
  list: readonly AttackEntry[],
): string[] {
  const plans = [evaluation.during, evaluation.final].map((part) => planEvaluation(list, part));
  const steps = stepsWithinBall.safeParse(method);
  return [
    ...(steps.success ? shortStepWarning(`The attack of the method ${method.name}`, steps.data) : []),
    ...stepWarnings(plans.flatMap(({ attacks }) => attacks)),
  ];
}
