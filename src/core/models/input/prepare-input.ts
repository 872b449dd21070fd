import * as tf from '@tensorflow/tfjs';
import { M2atError } from '../../errors';
import type { ImportedModel } from '../imported-model';
import type { InputSpec } from './input-spec';

/**
 * What stands between images and a model, for use inside a program: size, channels, range, mean and std, layout.
 * Differentiable.
 * @returns a function from images [N, H, W, C] in [0, 1], RGB, to what the model wants
 */
export function prepareInput(spec: InputSpec): (images: tf.Tensor) => tf.Tensor {
  return (images) => {
    const x = scaled(coloured(resized(images, spec), spec), spec);
    return spec.layout === 'NCHW' ? tf.transpose(x, [0, 3, 1, 2]) : x;
  };
}

/**
 * A model as an attack wants it, for use inside a program.
 * @returns a function from images [N, H, W, C] in [0, 1] to logits [N, classes]: those before a softmax at the model's
 * end where it can be left out, else the logarithm of the probabilities, which has the same loss
 */
export function logitsOf(model: ImportedModel, spec: InputSpec): (images: tf.Tensor) => tf.Tensor {
  const prepare = prepareInput(spec);
  return (images) => {
    const x = prepare(images);
    if (model.logits) return model.logits(x);
    const outputs = model.forward(x);
    // Below this, float32 has no normal numbers.
    return spec.outputs === 'logits' ? outputs : tf.log(tf.maximum(outputs, 1.2e-38));
  };
}

function resized(images: tf.Tensor, { height, width }: InputSpec): tf.Tensor {
  const [n = 1, h = 1, w = 1, c = 1] = images.shape;
  const size: [number, number] = [height ?? h, width ?? w];
  if (size[0] === h && size[1] === w) return images;
  return tf.image.resizeBilinear(images.as4D(n, h, w, c), size, false, true);
}

function coloured(images: tf.Tensor, { channels, channelOrder }: InputSpec): tf.Tensor {
  const actual = images.shape[3] ?? 1;
  const wanted = channels ?? actual;
  if (actual === 1 && wanted === 3) return tf.tile(images, [1, 1, 1, 3]);
  if (actual !== wanted) {
    throw new M2atError('bad-input', `the model takes ${wanted} channels, the images have ${actual}`, {
      hint: 'Use images of the kind that the model was trained on.',
    });
  }
  return channelOrder === 'BGR' && wanted === 3 ? tf.reverse(images, 3) : images;
}

/** One product and one sum: ((x * (most - least) + least) - mean) / std. */
function scaled(x: tf.Tensor, spec: InputSpec): tf.Tensor {
  const { scale, shift } = affineOf(spec, x.shape[3] ?? 1);
  if (scale.every((value) => value === 1) && shift.every((value) => value === 0)) return x;
  return tf.add(tf.mul(x, tf.tensor1d(scale)), tf.tensor1d(shift));
}

/** The factor and the summand of each channel that make of [0, 1] what the model wants. */
export function affineOf(
  { range: [least, most], mean, std }: Pick<InputSpec, 'range' | 'mean' | 'std'>,
  channels: number,
): { scale: number[]; shift: number[] } {
  const at = (list: readonly number[] | undefined, channel: number, otherwise: number): number =>
    list?.[list.length === 1 ? 0 : channel] ?? otherwise;
  const each = Array.from({ length: channels }, (_, channel) => channel);
  return {
    scale: each.map((channel) => (most - least) / at(std, channel, 1)),
    shift: each.map((channel) => (least - at(mean, channel, 0)) / at(std, channel, 1)),
  };
}
