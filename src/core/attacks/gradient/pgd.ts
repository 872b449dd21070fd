import { oneHot } from '../../data/batch';
import type { Attack } from '../base/attack';
import { fixedEpsilon } from '../budget/fixed-epsilon';
import { PgdSteps, type PgdStepParameters } from './pgd-steps';
import { drawRandomStart } from '../budget/random-start';
import type { PgdParameters } from './pgd-definition';
import { followedLoss } from './followed-loss';
import { goalsOf } from '../base/targets';
import type { Victim } from '../base/victim';

/**
 * Projected Gradient Descent on the cross-entropy or another loss. A step moves along the gradient's sign (linf), unit
 * vector (l2) or the signs of its largest values (l1), projects the perturbation on the epsilon ball, then clips the image
 * to [0, 1]. An iterate is returned as it is after the last step; with several restarts an image keeps the first restart
 * that fools (untargeted: is misclassified; targeted: is taken for the target). Targeted, it descends the cross-entropy of
 * the target, or raises the targeted form of another loss.
 * Madry et al., "Towards Deep Learning Models Resistant to Adversarial Attacks", ICLR 2018.
 */
export function pgdAttack(
  victim: Victim,
  parameters: PgdStepParameters &
    Pick<PgdParameters, 'randomStart' | 'restarts'> &
    Partial<Pick<PgdParameters, 'loss'>>,
): Attack {
  const { restarts, targeted, randomStart, epsilon, norm, loss = 'cross-entropy' } = parameters;
  const { classes } = victim;
  const { objective, falls, targetsOf, note } = followedLoss(loss, targeted, classes);
  const steps = new PgdSteps(victim, { ...parameters, targeted: falls }, { objective });
  const options = {
    norm,
    epsilon,
    // Without a random start each restart would be the same.
    rounds: randomStart ? restarts : 1,
    dispose: () => steps.dispose(),
    ...(note !== undefined && { notes: [note] }),
  };
  return fixedEpsilon(victim, options, (batch, { streams, signal }) => {
    const { images, labels } = batch;
    const start = randomStart ? drawRandomStart(norm, images.shape, epsilon, streams) : undefined;
    const targets = targetsOf(oneHot(labels, classes), oneHot(goalsOf(batch, targeted), classes));
    return steps.run({ images, start, targets }, signal);
  });
}
