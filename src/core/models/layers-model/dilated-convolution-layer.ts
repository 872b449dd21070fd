import * as tf from '@tensorflow/tfjs';
import * as z from 'zod';
import { registerGradients } from '../../engine/gradients/register';

const pair = z.tuple([z.int(), z.int()]);

const layerConfig = z.object({
  strides: pair,
  padding: z.enum(['valid', 'same']),
  dataFormat: z.literal('channelsLast'),
  dilationRate: pair,
});

const numberOrPair = z.union([pair, z.int().transform((n): [number, number] => [n, n])]);

const activated = z.object({ activation: z.custom<Activation>(isActivation) });

interface Activation {
  apply(x: tf.Tensor): tf.Tensor;
}

/**
 * A Conv2D layer with dilations on x [N, H, W, C], made of an op that has a gradient: TF.js's own layer calls a fused
 * one whose gradient refuses dilations. Undefined for every other layer.
 */
export function dilatedConvolutionLayer(layer: tf.layers.Layer, x: tf.Tensor): tf.Tensor | undefined {
  if (layer.getClassName() !== 'Conv2D' || x.rank !== 4) return undefined;
  const config = layer.getConfig();
  const parsed = layerConfig.safeParse({
    ...config,
    strides: numberOrPair.safeParse(config.strides).data,
    dilationRate: numberOrPair.safeParse(config.dilationRate).data,
  });
  if (!parsed.success || parsed.data.dilationRate.every((rate) => rate === 1)) return undefined;
  const { strides, padding, dilationRate } = parsed.data;
  const [kernel, bias] = layer.weights.map((weight) => weight.read());
  if (!kernel) return undefined;
  registerGradients();
  const y = tf.conv2d(
    x.as4D(...dims(x)),
    kernel.as4D(...dims(kernel)),
    strides,
    padding,
    'NHWC',
    dilationRate,
  );
  const { activation } = activated.parse(layer);
  return activation.apply(bias ? tf.add(y, bias) : y);
}

function isActivation(value: unknown): value is Activation {
  return typeof value === 'object' && value !== null && 'apply' in value && typeof value.apply === 'function';
}

function dims({ shape: [a = 1, b = 1, c = 1, d = 1] }: tf.Tensor): [number, number, number, number] {
  return [a, b, c, d];
}
