import * as tf from '@tensorflow/tfjs';
import * as z from 'zod';
import { batchNormInference, batchNormTrain } from '../../engine/ops/batch-norm';
import { M2atError } from '../../errors';

export interface BatchNormMode {
  readonly batchNorm: 'train' | 'eval';
  readonly updateStatistics: boolean;
  /**
   * What the moving variance moves towards: the variance of the batch, or n / (n - 1) times that, for n values a
   * channel, as in PyTorch. Absent: biased. The batch itself is normalised with the biased one always.
   */
  readonly variance?: 'biased' | 'unbiased' | undefined;
}

const layerConfig = z.object({
  axis: z.union([
    z.int(),
    z
      .array(z.int())
      .length(1)
      .transform(([axis = -1]) => axis),
  ]),
  momentum: z.number(),
  epsilon: z.number(),
  center: z.boolean(),
  scale: z.boolean(),
});

/**
 * A BatchNormalization layer on x [..., channels], with the ReLU after it if `relu`. In train mode the moving
 * averages become momentum * moving + (1 - momentum) * batch; with the biased variance, as in Keras, unless told
 * otherwise.
 * @throws M2atError `unsupported` when the layer normalises another axis than the last
 */
export function batchNormLayer(
  layer: tf.layers.Layer,
  x: tf.Tensor,
  relu: boolean,
  o: BatchNormMode,
): tf.Tensor {
  const { momentum, epsilon, gamma, beta, movingMean, movingVariance } = parametersOf(layer, x.shape);
  if (o.batchNorm === 'eval' || !layer.trainable) {
    return batchNormInference(x, gamma, beta, movingMean.read(), movingVariance.read(), { epsilon, relu });
  }
  const { y, ...batch } = batchNormTrain(x, gamma, beta, { epsilon, relu });
  if (o.updateStatistics) {
    moveAverages(
      [movingMean, movingVariance],
      { ...batch, count: x.size / (x.shape.at(-1) ?? 1), momentum },
      o,
    );
  }
  return y;
}

type LayerWeight = tf.layers.Layer['weights'][number];

/** Moving averages become momentum * moving + (1 - momentum) * batch. @param batch its biased variance, of `count` values */
export function moveAverages(
  [movingMean, movingVariance]: readonly [LayerWeight, LayerWeight],
  batch: Readonly<Record<'mean' | 'variance', tf.Tensor> & Record<'count' | 'momentum', number>>,
  o: Pick<BatchNormMode, 'variance'>,
): void {
  const { mean, variance: biased, count, momentum } = batch;
  // A single value has no variance either way.
  const variance = o.variance === 'unbiased' && count > 1 ? biased.mul(count / (count - 1)) : biased;
  for (const [moving, now] of [
    [movingMean, mean],
    [movingVariance, variance],
  ] as const) {
    moving.write(
      moving
        .read()
        .mul(momentum)
        .add(now.mul(1 - momentum)),
    );
  }
}

/** What a layer in eval mode does to each channel: values of it are multiplied by `scale`, then `shift` is added; [channels]. */
export interface ChannelAffine {
  readonly scale: tf.Tensor;
  readonly shift: tf.Tensor;
}

/**
 * @param shape of the layer's input, [..., channels]
 * @throws M2atError as {@link batchNormLayer}
 */
export function channelAffine(layer: tf.layers.Layer, shape: readonly number[]): ChannelAffine {
  const { epsilon, gamma, beta, movingMean, movingVariance } = parametersOf(layer, shape);
  const scale = movingVariance.read().add(epsilon).rsqrt().mul(gamma);
  return { scale, shift: beta.sub(movingMean.read().mul(scale)) };
}

interface NormParameters extends Pick<z.output<typeof layerConfig>, 'momentum' | 'epsilon'> {
  readonly gamma: tf.Tensor;
  readonly beta: tf.Tensor;
  readonly movingMean: tf.LayerVariable;
  readonly movingVariance: tf.LayerVariable;
}

function parametersOf(layer: tf.layers.Layer, shape: readonly number[]): NormParameters {
  const { axis, momentum, epsilon, center, scale } = layerConfig.parse(layer.getConfig());
  if (axis !== -1 && axis !== shape.length - 1) {
    throw new M2atError('unsupported', `BatchNormalization of axis ${axis} of ${shape.length}`, {
      where: `layer ${layer.name}`,
      hint: 'Channels have to be the last axis.',
    });
  }
  // The order in which TF.js builds them; frozen or not, scale and offset come first.
  const weights = [...layer.weights];
  const channels = shape.at(-1) ?? 0;
  const gamma = (scale ? weights.shift()?.read() : undefined) ?? tf.ones([channels]);
  const beta = (center ? weights.shift()?.read() : undefined) ?? tf.zeros([channels]);
  const [movingMean, movingVariance] = weights;
  if (!movingMean || !movingVariance) {
    throw new M2atError('internal', `the layer ${layer.name} has no moving averages`);
  }
  return { momentum, epsilon, gamma, beta, movingMean, movingVariance };
}
