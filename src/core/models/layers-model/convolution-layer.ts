import * as tf from '@tensorflow/tfjs';
import * as z from 'zod';
import { registerGradients } from '../../engine/gradients/register';
import { zeroPadded } from '../../engine/ops/zero-padded';
import type { ChannelAffine } from '../networks/batch-norm-layer';

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

/** Zeros above, below, left and right of an image. */
export type ZeroPadding = readonly [rows: readonly [number, number], columns: readonly [number, number]];

const paddingConfig = z.object({
  padding: z.tuple([pair, pair]),
  dataFormat: z.literal('channelsLast').optional(),
});

/** What a ZeroPadding2D layer adds; undefined for every other layer. */
export function zeroPaddingOf(layer: tf.layers.Layer): ZeroPadding | undefined {
  if (layer.getClassName() !== 'ZeroPadding2D') return undefined;
  return paddingConfig.safeParse(layer.getConfig()).data?.padding;
}

/** Whether {@link convolutionLayer} can pad for this layer. */
export function takesPadding(layer: tf.layers.Layer): boolean {
  return configOf(layer)?.padding === 'valid';
}

/** Whether {@link foldedConvolution} does this layer. */
export function takesNorm(layer: tf.layers.Layer): boolean {
  return configOf(layer) !== undefined && layer.getConfig().activation === 'linear';
}

/**
 * A Conv2D layer whose results are scaled and shifted channel by channel: by its kernel and bias, so at no cost.
 * @param affine of results of that shape
 * @throws TypeError for a layer that {@link takesNorm} refuses
 */
export function foldedConvolution(
  layer: tf.layers.Layer,
  x: tf.Tensor,
  zeros: ZeroPadding | undefined,
  affine: (shape: readonly number[]) => ChannelAffine,
): tf.Tensor {
  const config = configOf(layer);
  const [kernel, bias] = layer.weights.map((weight) => weight.read());
  if (!config || !kernel) throw new TypeError(`${layer.name} is no convolution`);
  const { scale, shift } = affine([...x.shape.slice(0, -1), kernel.shape.at(-1) ?? 0]);
  const y = convolved(x, tf.mul(kernel, scale), config, zeros);
  return tf.add(y, bias ? tf.add(tf.mul(bias, scale), shift) : shift);
}

/**
 * A Conv2D layer with dilations, or with the zero padding before it, on x [N, H, W, C], made of an op that has a
 * gradient: TF.js's own layer calls a fused one whose gradient refuses dilations. Undefined for every other layer.
 */
export function convolutionLayer(
  layer: tf.layers.Layer,
  x: tf.Tensor,
  zeros: ZeroPadding | undefined,
): tf.Tensor | undefined {
  const config = x.rank === 4 ? configOf(layer) : undefined;
  if (!config || (!zeros && config.dilationRate.every((rate) => rate === 1))) return undefined;
  const [kernel, bias] = layer.weights.map((weight) => weight.read());
  if (!kernel) return undefined;
  const y = convolved(x, kernel, config, zeros);
  const { activation } = activated.parse(layer);
  return activation.apply(bias ? tf.add(y, bias) : y);
}

function convolved(
  x: tf.Tensor,
  kernel: tf.Tensor,
  { strides, padding, dilationRate }: z.output<typeof layerConfig>,
  zeros: ZeroPadding | undefined,
): tf.Tensor {
  registerGradients();
  const [image, pad] = zeros ? zeroPadded(x.as4D(...dims(x)), zeros) : [x.as4D(...dims(x)), padding];
  return tf.conv2d(image, kernel.as4D(...dims(kernel)), strides, pad, 'NHWC', dilationRate);
}

function configOf(layer: tf.layers.Layer): z.output<typeof layerConfig> | undefined {
  if (layer.getClassName() !== 'Conv2D') return undefined;
  const config = layer.getConfig();
  return layerConfig.safeParse({
    ...config,
    strides: numberOrPair.safeParse(config.strides).data,
    dilationRate: numberOrPair.safeParse(config.dilationRate).data,
  }).data;
}

function isActivation(value: unknown): value is Activation {
  return typeof value === 'object' && value !== null && 'apply' in value && typeof value.apply === 'function';
}

function dims({ shape: [a = 1, b = 1, c = 1, d = 1] }: tf.Tensor): [number, number, number, number] {
  return [a, b, c, d];
}
