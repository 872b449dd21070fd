import type { RunSign } from '../records/run-files';
import type { CollapseSign } from './collapse-watch';

/**
 * A sign in words: what was seen, and what to do about it.
 * @param where `attacks`: the method has an inner attack; `ends`: catastrophic overfitting ends the training anyway
 */
export function collapseMessage(
  sign: CollapseSign,
  {
    epoch,
    attacks,
    ends = false,
  }: { readonly epoch: number; readonly attacks: boolean; readonly ends?: boolean | undefined },
): Pick<RunSign, 'title' | 'message' | 'advice'> {
  switch (sign.sign) {
    case 'accuracy-at-chance':
      return {
        title: 'accuracy at chance',
        message:
          `Accuracy at chance: over epoch ${epoch} the network classified ${percent(sign.accuracy)} of the images that it ` +
          `trained on correctly, and guessing gets ${percent(sign.chance)}.`,
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
        advice: [
          'Take a smaller epsilon or step, N-FGSM with its noise, or PGD-AT with several steps.',
          ...(ends
            ? []
            : ['training.earlyStopping ends such a training, and keeps the network from before the fall.']),
        ].join(' '),
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
