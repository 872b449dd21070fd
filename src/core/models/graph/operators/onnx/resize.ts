import * as tf from '@tensorflow/tfjs';
import type { NodeCall } from '../../node-call';
import { imageValue, type TensorValue } from '../../value';
import { operators } from '../../operator';

export const resizeOps = operators('differentiable', { Resize: resize });

/** Rows and columns of an image: nearest neighbour by whole factors, or linear. */
function resize(call: NodeCall): TensorValue {
  const image = call.image(0);
  const [batch, height, width, channels] = image.shape;
  const from = [batch, channels, height, width];
  const scales = call.list(2, 'scales');
  const sizes = call.list(3, 'sizes');
  if (call.node.attributes.has('axes')) throw call.unsupported('with axes');
  const to = sizes?.length ? sizes : from.map((size, axis) => Math.floor(size * (scales?.[axis] ?? 1)));
  if (to.length !== 4 || to.some((size) => !(size >= 1)))
    throw call.damaged(`its size is [${to.join(', ')}]`);
  call.reserve(to);
  const [, , rows = 1, columns = 1] = to;
  if (to[0] !== batch || to[1] !== channels) throw call.unsupported('of batch or channels');
  const mode = call.text('mode', 'nearest');
  const coordinates = call.text('coordinate_transformation_mode', 'half_pixel');
  if (call.integer('antialias', 0) !== 0) throw call.unsupported('with antialiasing');
  if (!sizes?.length && from.some((size, axis) => to[axis] !== size * (scales?.[axis] ?? 1))) {
    throw call.unsupported('by factors that leave a rest');
  }
  const rounding = call.text('nearest_mode', 'round_prefer_floor');
  // Whole factors make a block of each pixel, unless positions are rounded in a way that shifts them.
  const blocks = coordinates === 'asymmetric' ? rounding === 'floor' : rounding.startsWith('round_prefer');
  const whole = rows % height === 0 && columns % width === 0;
  if (
    mode === 'nearest' &&
    whole &&
    blocks &&
    ['asymmetric', 'half_pixel', 'pytorch_half_pixel'].includes(coordinates)
  ) {
    return imageValue(tf.image.resizeNearestNeighbor(image, [rows, columns]));
  }
  if (
    mode === 'linear' &&
    ['half_pixel', 'pytorch_half_pixel', 'asymmetric', 'align_corners'].includes(coordinates)
  ) {
    const half =
      coordinates === 'half_pixel' || (coordinates === 'pytorch_half_pixel' && rows > 1 && columns > 1);
    return imageValue(tf.image.resizeBilinear(image, [rows, columns], coordinates === 'align_corners', half));
  }
  throw call.unsupported(`in the mode ${mode} with ${coordinates}`);
}
