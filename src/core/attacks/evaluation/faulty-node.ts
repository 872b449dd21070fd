import * as tf from '@tensorflow/tfjs';
import type { NdArray } from '../../engine/arrays/nd-array';
import { withGradientTaps, type NodeName } from '../../models/gradient-taps';
import type { FaultyNode } from './attack-warnings';
import { gradientFaults } from '../base/image-gradient';
import { float32Output } from '../base/outputs';
import type { Victim } from '../base/victim';

/**
 * Where a gradient that is not finite arises: the first node, from the loss backwards, that is reached by finite numbers
 * and passes on others.
 * @param images [N, H, W, C], as few as show it: every node's gradient is looked at
 * @param targets [N, classes], rows that sum to 1
 * @returns the node with its operator, or the layer with its class; undefined where it is none of them: the loss, what
 * prepares the images, a sum of gradients that is too large, or nothing
 */
export async function faultyNode(
  victim: Victim,
  images: NdArray,
  targets: NdArray,
): Promise<FaultyNode | undefined> {
  /** In the order in which the gradient comes by; undefined where it reaches a node and has not gone through it. */
  const passed: (NodeName | undefined)[] = [];
  const program = victim.device.compile('faulty-node', (x, t) => {
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
    withGradientTaps(taps, () => gradientFaults(victim, x, t));
    const flags = tf.stack([tf.scalar(1), ...finite]);
    tf.dispose(finite);
    return [flags];
  });
  try {
    const { data } = float32Output(await program.run(images, targets), 0);
    const first = data.indexOf(0);
    const node = first > 0 ? passed[first - 1] : undefined;
    return node && { op: node.op, node: node.name };
  } finally {
    await program.dispose();
  }
}
