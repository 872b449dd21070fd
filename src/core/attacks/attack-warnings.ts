import type { Evaluation } from './evaluation';
import { budgetOf, normOf } from './resolve-attack';

/** What a look at the network itself found. */
export interface NetworkCheck {
  /** Images whose loss has a gradient of exactly 0, of those that were looked at. */
  readonly zeroGradients: number;
  readonly checked: number;
  /** The outputs look like probabilities: in [0, 1], with a sum of 1. */
  readonly probabilities: boolean;
}

/** Signs that an evaluation's numbers should not be trusted, each with what to do. */
export function attackWarnings(evaluation: Evaluation, classes: number, check: NetworkCheck): string[] {
  return [
    ...accuracyWarning(evaluation, classes),
    ...networkWarnings(check),
    ...weakPgdWarnings(evaluation),
    ...invalidWarnings(evaluation),
  ];
}

function accuracyWarning({ cleanAccuracy, count }: Evaluation, classes: number): string[] {
  const chance = 1 / classes;
  if (cleanAccuracy > 2 * chance || count < 20) return [];
  return [
    `The clean accuracy, ${percent(cleanAccuracy)}, is near chance (${percent(chance)}). The network must take ` +
      'images in [0, 1] and normalise them itself, and its classes must be in the order of the data set.',
  ];
}

function networkWarnings({ zeroGradients, checked, probabilities }: NetworkCheck): string[] {
  const warnings: string[] = [];
  if (zeroGradients > 0) {
    warnings.push(
      `The gradient is exactly zero for ${zeroGradients} of ${checked} images, so gradient attacks can't move ` +
        'them: the robust accuracy is too high. Attack the logits before any softmax, quantisation or clipping.',
    );
  }
  if (probabilities) {
    warnings.push(
      "The network's outputs are probabilities, but the attacks expect logits: gradients of a softmax vanish, " +
        'and robust accuracy comes out too high. Remove the last softmax.',
    );
  }
  return warnings;
}

function weakPgdWarnings({ attacks }: Evaluation): string[] {
  const untargeted = attacks.filter(({ parameters }) => !('targeted' in parameters && parameters.targeted));
  return untargeted.flatMap((fgsm) =>
    fgsm.parameters.name !== 'fgsm'
      ? []
      : untargeted.flatMap((pgd) => {
          const comparable =
            pgd.parameters.name === 'pgd' &&
            normOf(pgd.parameters) === 'linf' &&
            budgetOf(pgd.parameters) >= budgetOf(fgsm.parameters);
          // While an attack goes on it has come to other images than the one before it.
          if (!comparable || pgd.images.length !== fgsm.images.length) return [];
          if (pgd.robustAccuracy <= fgsm.robustAccuracy) return [];
          return [
            `${fgsm.title} breaks more images than ${pgd.title}: a sign of masked gradients, or of too few or too ` +
              'small PGD steps. Try more steps, restarts, or another step size.',
          ];
        }),
  );
}

function invalidWarnings({ attacks }: Evaluation): string[] {
  return attacks
    .filter(({ invalid }) => invalid > 0)
    .map(
      ({ title, invalid }) =>
        `${invalid} examples of ${title} left the budget or [0, 1] and were not counted: a defect of the attack.`,
    );
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
