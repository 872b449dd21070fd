import * as tf from '@tensorflow/tfjs';
import type { NdArray } from '../engine/nd-array';
import { withGradientTaps, type NodeName } from '../models/gradient-taps';
import { crossEntropy } from './cross-entropy';
import { float32Output } from './outputs';
import type { Victim } from './victim';

/**
 * Where a gradient that is not finite arises: the first node, from the loss backwards, that is reached by finite numbers
 * and passes on others.
 * @param images [N, H, W, C], as few as show it: every node's gradient is looked at
 * @param targets [N, classes], rows that sum to 1
 * @returns the node with its operator, or the layer with its class; undefined where that can't be told: the loss itself
 * has no finite gradient, or the network is finite everywhere
 */
export async function nonFiniteOperator(
  victim: Victim,
  images: NdArray,
  targets: NdArray,
): Promise<NodeName | undefined> {
  /** In the order in which the gradient comes by; undefined where it reaches a node and has not gone through it. */
  const passed: (NodeName | undefined)[] = [];
  const program = victim.device.compile('non-finite-operator', (x, t) => {
    passed.length = 0;
    const finite: tf.Tensor[] = [];
    const note = (node: NodeName | undefined, gradient: tf.Tensor): void => {
      passed.push(node);
      // Kept, because TF.js gives back what a gradient makes on its way.
      finite.push(tf.keep(tf.cast(tf.all(tf.isFinite(gradient)), 'float32')));
    };
    const taps = {
      input: note,
      output: (_: NodeName, gradient: tf.Tensor) => {
        note(undefined, gradient);
      },
    };
    withGradientTaps(taps, () => tf.grad((at) => tf.sum(crossEntropy(victim.logits(at), t)))(x));
    const flags = tf.stack([tf.scalar(1), ...finite]);
    tf.dispose(finite);
    return [flags];
  });
  try {
    const { data } = float32Output(await program.run(images, targets), 0);
    const first = data.indexOf(0);
    return first > 0 ? passed[first - 1] : undefined;
  } finally {
    await program.dispose();
  }
}
