import { NCHWC } from '../graph/graph';
import type { Trace } from '../tracing/trace';
import type { Value } from '../tracing/value';
import { padShape } from '../tracing/value';

/** Attributes of the 1x1 depthwise blocked Conv that scales and shifts channels in one pass. */
export function depthwise1x1(channels: number): Record<string, number | readonly number[]> {
  return { group: channels, kernel_shape: [1, 1], pads: [0, 0, 0, 0], strides: [1, 1], dilations: [1, 1] };
}

/** A vector over channels as stored ([C], [1, C], … [1, 1, 1, C]) as a name of shape [C]. */
function channelVector(t: Trace, vector: Value, channels: number): string | undefined {
  const stored = padShape(vector.stored, 4);
  if (vector.fill !== undefined || vector.dtype !== 'float32' || channels === 1) return undefined;
  if (stored[3] !== channels || stored.slice(0, 3).some((dimension) => dimension !== 1)) return undefined;
  return vector.stored.length === 1 ? t.plainStored(vector) : t.reshape(t.plainStored(vector), [channels]);
}

/** A vector over channels, zero in the padding channels of the blocked layout. */
export function padVector(t: Trace, name: string, channels: number): string {
  const missing = t.padded(channels) - channels;
  return missing ? t.graph.node('Pad', [name, t.graph.int64([0, missing])]) : name;
}

function isBlockedImage(value: Value): boolean {
  return value.isImage && value.names.blocked !== undefined && value.dtype === 'float32';
}

/** `image + vector` over channels: the bias of the Conv that made the image, or one pass over a blocked one. */
export function addChannels(t: Trace, image: Value, vector: Value): Value | undefined {
  const { convolution, shape } = image;
  if (!image.isImage || (!convolution && !isBlockedImage(image))) return undefined;
  const channels = shape[3] ?? 1;
  const vectorName = channelVector(t, vector, channels);
  if (vectorName === undefined) return undefined;
  if (convolution?.inputs.length === 2) {
    const { domain, attributes } = convolution;
    const bias = domain === NCHWC ? padVector(t, vectorName, channels) : vectorName;
    const inputs = [...convolution.inputs, bias];
    const name = t.graph.node('Conv', inputs, attributes, { domain });
    const result = t.imageValue(domain === NCHWC ? 'blocked' : 'nchw', name, shape);
    result.convolution = { ...convolution, inputs };
    return result;
  }
  if (!isBlockedImage(image)) return undefined;
  const padded = t.padded(channels);
  const ones = t.graph.node('Expand', [t.graph.scalar(1), t.graph.int64([padded, 1, 1, 1])]);
  const inputs = [t.blocked(image), ones, padVector(t, vectorName, channels)];
  return t.imageValue(
    'blocked',
    t.graph.node('Conv', inputs, depthwise1x1(padded), { domain: NCHWC }),
    shape,
  );
}

/** `image * vector` over channels on a blocked image, in one pass. */
export function scaleChannels(t: Trace, image: Value, vector: Value): Value | undefined {
  if (!isBlockedImage(image)) return undefined;
  const channels = image.shape[3] ?? 1;
  const vectorName = channelVector(t, vector, channels);
  if (vectorName === undefined) return undefined;
  const padded = t.padded(channels);
  const scale = padVector(t, vectorName, channels);
  const inputs = [t.blocked(image), t.reshape(scale, [padded, 1, 1, 1])];
  return t.imageValue(
    'blocked',
    t.graph.node('Conv', inputs, depthwise1x1(padded), { domain: NCHWC }),
    image.shape,
  );
}

/** The ReLU of a value that a blocked Conv made, as that Conv's activation. */
export function withActivation(t: Trace, x: Value): Value | undefined {
  const origin = x.convolution;
  if (origin?.domain !== NCHWC || !isBlockedImage(x)) return undefined;
  const attributes = { ...origin.attributes, activation: 'Relu' };
  return t.imageValue('blocked', t.graph.node('Conv', origin.inputs, attributes, { domain: NCHWC }), x.shape);
}
