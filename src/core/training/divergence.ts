import type { ResolvedExperiment } from '../experiment/experiment-schema';

/** What was the first to be no finite number. */
export type DivergenceSign =
  /** The loss of a step's batch, before its update. */
  | { readonly kind: 'loss'; readonly loss: number }
  /** A weight after a step's update. */
  | { readonly kind: 'weight' }
  /** The loss of an evaluation, with weights that are finite. */
  | { readonly kind: 'evaluation'; readonly loss: number };

export interface Divergence {
  readonly sign: DivergenceSign;
  /** The step at which it was seen, from 1; for an evaluation, the last step before it. */
  readonly step: number;
  /** Learning rate of a step, counted from 1. */
  readonly rateOf: (step: number) => number;
  readonly training: Pick<ResolvedExperiment['training'], 'momentum' | 'nesterov' | 'weightDecay'>;
  /** The checkpoint that stays, by its step; undefined when there is none. */
  readonly keptStep: number | undefined;
}

/** Usual values, to tell which of two factors is the unusual one. */
const USUAL_RATE = 0.1;
const USUAL_DECAY = 5e-4;

/** What happened, at which step and learning rate, what is kept, and what to change. */
export function divergenceMessage(divergence: Divergence): string {
  const { keptStep } = divergence;
  const kept =
    keptStep === undefined ? 'There is no checkpoint yet.' : `The checkpoint of step ${keptStep} is kept.`;
  return `Training diverged ${what(divergence)}. ${kept} ${advice(divergence)}`;
}

function what({ sign, step, rateOf }: Divergence): string {
  const before = lastUpdate({ sign, step });
  const rate = before > 0 ? number(rateOf(before)) : '';
  switch (sign.kind) {
    case 'loss':
      return before === 0
        ? `at step 1: the loss of its batch is ${sign.loss}, before any update`
        : `at step ${step}: the loss of its batch is ${sign.loss} after the update of step ${before}, which had a learning rate of ${rate}`;
    case 'weight':
      return `at step ${step}: its update, with a learning rate of ${rate}, left weights that are not finite`;
    case 'evaluation':
      return `by step ${step}: the loss of the evaluation is ${sign.loss}, after an update with a learning rate of ${rate}`;
  }
}

/** The last update before the sign, from 1; 0: there was none. */
function lastUpdate({ sign, step }: Pick<Divergence, 'sign' | 'step'>): number {
  return sign.kind === 'loss' ? step - 1 : step;
}

function advice(divergence: Divergence): string {
  const { rateOf, training } = divergence;
  const { momentum, nesterov, weightDecay } = training;
  const step = lastUpdate(divergence);
  if (step === 0) return 'No learning rate caused that: look at the data and at the network.';
  // An update with a rate of 0 moves nothing; cyclic schedules begin with one.
  const rate = rateOf(step) || rateOf(step + 1);
  if (momentum >= 1) return 'With a momentum of 1 no update is ever forgotten: lower training.momentum.';
  const limit = stableDecay(momentum, nesterov);
  const decay = rate * weightDecay;
  if (decay > limit) {
    const reason =
      `the learning rate times training.weightDecay is ${number(decay)}, and above ${number(limit)} ` +
      'weight decay alone makes the weights grow';
    return weightDecay / USUAL_DECAY > rate / USUAL_RATE
      ? `Try a lower training.weightDecay (it is ${number(weightDecay)}): ${reason}.`
      : `Try a lower learning rate (it is ${number(rate)} here): ${reason}.`;
  }
  return `Try a lower learning rate (it is ${number(rate)} here).`;
}

/**
 * The largest product of learning rate and weight decay under which weights shrink when there is no gradient.
 * One step multiplies (w, v) by a matrix with determinant d and trace t; both eigenvalues are inside the unit circle
 * while d < 1 and |t| < 1 + d. Heavy ball: d = m, t = 1 + m - a. Nesterov: d = m (1 - a), t = (1 + m) (1 - a).
 * @param momentum m, in [0, 1)
 */
function stableDecay(momentum: number, nesterov: boolean): number {
  return (2 * (1 + momentum)) / (nesterov ? 1 + 2 * momentum : 1);
}

function number(value: number): string {
  return String(Number(value.toPrecision(3)));
}
