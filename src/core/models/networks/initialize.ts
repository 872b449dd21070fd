import * as tf from '@tensorflow/tfjs';
import { sizeOf } from '../../engine/arrays/nd-array';
import { Random } from '../../random';

/** Squared gain of the layers that a ReLU follows, He et al. 2015. */
const reluGain = 2;

/**
 * Squared gain of the layers that give logits: a tenth of what would keep the size of the features. The loss then
 * starts near log(classes); with larger logits the first, strongly attacked steps can switch off every hidden unit.
 */
const logitsGain = 0.01;

/**
 * Sets the kernels of a model's convolutions and dense layers to normal numbers of variance gain / fan-in (He et
 * al. 2015): gain 2, and 0.01 for the `logits` layers. Each layer has a stream of its own,
 * keyed by its name, so the numbers are the same on every backend. Biases and BatchNormalization stay as built.
 */
export function initializeHeNormal(model: tf.LayersModel, seed: number, logits: ReadonlySet<string>): void {
  for (const layer of model.layers) {
    const kind = layer.getClassName();
    if (kind !== 'Conv2D' && kind !== 'Dense') continue;
    const [kernel] = layer.weights;
    if (!kernel) continue;
    const shape = kernel.shape.map((size) => size ?? 0);
    // All axes but the last (output channels) feed one output.
    const fanIn = sizeOf(shape.slice(0, -1));
    const deviation = Math.sqrt((logits.has(layer.name) ? logitsGain : reluGain) / fanIn);
    const random = Random.keyed(seed, `initialize/${layer.name}`);
    const values = new Float32Array(sizeOf(shape));
    for (let i = 0; i < values.length; i++) values[i] = deviation * random.normal();
    tf.tidy(() => {
      kernel.write(tf.tensor(values, shape));
    });
  }
}
