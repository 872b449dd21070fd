import * as tf from '@tensorflow/tfjs';
import type { NdArray } from '../../engine/arrays/nd-array';
import { lossFor } from '../base/losses';
import type { StepLoss } from './loss-parameter';
import type { Objective } from './pgd-steps';

/** A loss in the form that PGD's steps follow. */
export interface FollowedLoss {
  /** Absent: the cross-entropy. */
  readonly objective?: Objective | undefined;
  /** Whether it is lowered: the cross-entropy of a target. */
  readonly falls: boolean;
  /** The array that it compares logits with, from the one-hot rows of the labels and of the goals. */
  readonly targetsOf: (labels: NdArray<'float32'>, goals: NdArray<'float32'>) => NdArray<'float32'>;
  /** What a report should say where the network has too few classes for the loss. */
  readonly note?: string | undefined;
}

/**
 * @param targeted the goals are classes to reach, and not the labels
 * @throws M2atError for a loss of two classes where the network has one
 */
export function followedLoss(name: StepLoss, targeted: boolean, classes: number): FollowedLoss {
  if (name === 'cross-entropy') return { falls: targeted, targetsOf: (_, goals) => goals };
  const kind = name === 'cw' ? 'margin' : name;
  const { loss, note } = lossFor(targeted ? `${kind}-targeted` : kind, classes);
  if (!targeted) {
    const objective: Objective = (logits, labels) => loss(logits, { labels, targets: labels });
    return { objective, falls: false, targetsOf: (labels) => labels, note };
  }
  // Both classes in one array: 1 at the target, -1 at the label.
  const objective: Objective = (logits, rows) =>
    loss(logits, { labels: tf.relu(tf.neg(rows)), targets: tf.relu(rows) });
  const targetsOf: FollowedLoss['targetsOf'] = (labels, goals) => ({
    ...goals,
    data: goals.data.map((value, i) => value - (labels.data[i] ?? 0)),
  });
  return { objective, falls: false, targetsOf, note };
}
