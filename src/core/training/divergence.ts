import type { ResolvedExperiment } from '../experiment/experiment-schema';

/** What was the first to be no finite number. */
export type DivergenceSign =
  /** The loss of a step's batch, before its update; where it is replayed, before the last one. */
  | { readonly kind: 'loss'; readonly loss: number }
  /** A weight after a step's update. */
  | { readonly kind: 'weight' }
  /** The loss of an evaluation, with weights that are finite. */
  | { readonly kind: 'evaluation'; readonly loss: number };

/** The update after which the loss left where it had been, and did not come back. */
export interface LossRise {
  /** From 1. */
  readonly step: number;
  /** Losses that were told before and after it, nats. */
  readonly from: number;
  readonly to: number;
}

/** A loss of so many times the first one is no noise. */
const RISE = 10;

/** Looks at the loss of every step, to tell where a divergence began: often steps before a number overflows. */
export class LossWatch {
  private limit: number | undefined;
  private last = NaN;
  private current: LossRise | undefined;

  /** @param replayed each step moves the weights several times before its loss is told */
  constructor(private readonly replayed = false) {}

  /** Absent while the loss is near or below the first one. */
  get rise(): LossRise | undefined {
    return this.current;
  }

  /** @param step from 1 */
  next(step: number, loss: number): void {
    // Below one nat the loss is small, and ten times of it may be noise.
    this.limit ??= RISE * Math.max(1, loss);
    if (loss <= this.limit) this.current = undefined;
    else this.current ??= { step: this.replayed ? step : step - 1, from: this.last, to: loss };
    this.last = loss;
  }
}

export interface Divergence {
  readonly sign: DivergenceSign;
  /** The step at which it was seen, from 1; for an evaluation, the last step before it. */
  readonly step: number;
  /** Each step moves the weights several times before its loss is told. */
  readonly replayed?: boolean | undefined;
  /** Where the loss rose before. */
  readonly rise?: LossRise | undefined;
  /** Learning rate of a step, counted from 1. */
  readonly rateOf: (step: number) => number;
  /** Momentum of a step, counted from 1, where it is cycled. */
  readonly momentumOf?: ((step: number) => number | undefined) | undefined;
  readonly training: Pick<ResolvedExperiment['training'], 'momentum' | 'nesterov' | 'weightDecay'> &
    Partial<Pick<ResolvedExperiment['training'], 'optimizer'>>;
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

function what(divergence: Divergence): string {
  const { sign, step, rise, rateOf } = divergence;
  const before = lastUpdate(divergence);
  if (rise) {
    const { from, to } = rise;
    return (
      `at step ${rise.step}: its update, with a learning rate of ${number(rateOf(rise.step))}, took the loss from ` +
      `${number(from)} to ${number(to)}, and ${end(sign, step)}`
    );
  }
  if (before === 0) return `at step 1: ${end(sign, step)}, before any update`;
  const rate = `a learning rate of ${number(rateOf(before))}`;
  switch (sign.kind) {
    case 'loss':
      return divergence.replayed
        ? `at step ${step}: ${end(sign, step)}, after updates of that step with ${rate}`
        : `at step ${step}: ${end(sign, step)}, after the update of step ${before} with ${rate}`;
    case 'weight':
      return `at step ${step}: its update, with ${rate}, left weights that are not finite`;
    case 'evaluation':
      return `by step ${step}: ${end(sign, step)}, after an update with ${rate}`;
  }
}

/** What ended the run. */
function end(sign: DivergenceSign, step: number): string {
  switch (sign.kind) {
    case 'loss':
      return `the loss of step ${step} is ${sign.loss}`;
    case 'weight':
      return `after step ${step} weights are not finite`;
    case 'evaluation':
      return `the loss of the evaluation after step ${step} is ${sign.loss}`;
  }
}

/** The step of the last update before the sign, from 1; 0: there was none. */
function lastUpdate({ sign, step, replayed = false }: Divergence): number {
  return sign.kind === 'loss' && !replayed ? step - 1 : step;
}

function advice(divergence: Divergence): string {
  const { rateOf, training } = divergence;
  const { nesterov, weightDecay, optimizer = { name: 'sgd' } } = training;
  const step = divergence.rise?.step ?? lastUpdate(divergence);
  const momentum = divergence.momentumOf?.(step) ?? training.momentum;
  if (step === 0) return 'No learning rate caused that: look at the data and at the network.';
  // An update with a rate of 0 moves nothing; cyclic schedules begin with one.
  const rate = rateOf(step) || rateOf(step + 1);
  if (optimizer.name === 'adam') return `Try a lower learning rate (it is ${number(rate)} here).`;
  const isSgd = optimizer.name === 'sgd';
  if (isSgd && momentum >= 1)
    return 'With a momentum of 1 no update is ever forgotten: lower training.momentum.';
  // AdamW's decay alone multiplies a weight by 1 - decay.
  const limit = isSgd ? stableDecay(momentum, nesterov) : 2;
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
  const rounded = Number(value.toPrecision(3));
  return Math.abs(rounded) >= 1e6 ? rounded.toExponential() : String(rounded);
}
