import { attackTitle } from '../../../src/core/attacks/plan/attack-title';
import type { AnalysableReport, ReportedImage } from '../../../src/core/report/report-attacks';
import { budgetOf } from '../../../src/core/attacks/parameters/known-attack';
import { named, requested } from '../attacks/named';

/** label, clean prediction and what an attack did: a class and a norm where it fooled, else nothing. */
export type HandMade = readonly [
  label: number,
  clean: number,
  fooled?: readonly [prediction: number, norm: number, loss?: number | null, carriedFrom?: number],
];

export function handMadeAttack(
  parameters: object,
  images: readonly HandMade[],
  group?: number,
): AnalysableReport['attacks'][number] {
  const parsed = requested(parameters);
  const resolved = named(parameters);
  const epsilon = budgetOf(resolved);
  return {
    title: attackTitle(resolved),
    ...(group === undefined ? {} : { group }),
    parameters: parsed,
    robustAccuracy: 0,
    seconds: 1,
    images: images.map(([label, cleanPrediction, fooled], index): ReportedImage => {
      if (!fooled) {
        const adversarialPrediction = cleanPrediction;
        return { index, label, cleanPrediction, adversarialPrediction, broken: false, norm: 0, loss: 0.1 };
      }
      const [adversarialPrediction, norm, loss = 2, carriedFrom] = fooled;
      return {
        index,
        label,
        cleanPrediction,
        adversarialPrediction,
        broken: norm <= epsilon + 1e-6,
        norm,
        loss,
        ...(carriedFrom === undefined ? {} : { carriedFrom }),
      };
    }),
  };
}

export function handMadeGroup(
  title: string,
  epsilons?: number[],
): NonNullable<AnalysableReport['groups']>[number] {
  const adversarial = 'adversarial/0.npy';
  return {
    title,
    ensemble: epsilons !== undefined,
    ...(epsilons ? { epsilons } : {}),
    robustAccuracy: 0,
    adversarial,
  };
}
