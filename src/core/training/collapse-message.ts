import type { RunSign } from '../records/run-files';
import type { CollapseSign } from './collapse-watch';

/** A sign in words: what was seen, and what to do about it. */
export function collapseMessage(
  sign: CollapseSign,
  { epoch, attacks }: { readonly epoch: number; readonly attacks: boolean },
): Pick<RunSign, 'title' | 'message' | 'advice'> {
  switch (sign.sign) {
    case 'accuracy-at-chance':
      return {
        title: 'accuracy at chance',
        message:
          `Accuracy at chance: over epoch ${epoch} the network was right about ${percent(sign.accuracy)} of the images ` +
          `that it trained on, and guessing is right about ${percent(sign.chance)}.`,
        advice: attacks
          ? 'Lower the learning rate or begin with a smaller one, warm epsilon up (options.epsilonWarmup), or take a ' +
            'smaller epsilon.'
          : 'Lower the learning rate, or begin with a smaller one.',
      };
    case 'catastrophic-overfitting': {
      const { from, to } = sign;
      return {
        title: 'catastrophic overfitting',
        message:
          `Catastrophic overfitting: robust accuracy fell from ${percent(from.robustAccuracy)} after step ${from.step} to ` +
          `${percent(to.robustAccuracy)} after step ${to.step}, while the training loss fell from ${number(from.loss)} to ` +
          `${number(to.loss)}. The network withstands the single step that it trains on, and no other attack.`,
        advice:
          'Take a smaller step, the noise of N-FGSM, or PGD-AT with more steps. training.earlyStopping ends such a ' +
          'training and keeps the network from before the fall.',
      };
    }
  }
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function number(value: number): string {
  return String(Number(value.toPrecision(3)));
}
