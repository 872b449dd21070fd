import { NCHWC } from '../graph/graph';
import type { Trace } from '../tracing/trace';
import type { Value } from '../tracing/value';
import { sizeOf } from '../arrays/nd-array';
import { binary, stepOfRelu } from './arithmetic';
import { depthwise1x1, padVector } from './channel-affine';
import { meanProduct } from './channel-product';
import { channelMean } from './reduction';
import { lower, lowerMany } from './lower';

interface BatchNormAttributes {
  readonly epsilon: number;
  readonly relu: boolean;
  /** The mean is the batch's own: x - mean exists already, for the variance. */
  readonly centred: boolean;
}

type Norm = 'x' | 'gamma' | 'beta' | 'mean' | 'variance';
type NormGradient = 'dy' | 'x' | 'gamma' | 'y' | 'mean' | 'variance';

/** `image * scale + shift (+ sum)` over channels; scale and shift are names of shape [C]. */
function affine(
  t: Trace,
  image: Value,
  scale: string | undefined,
  shift: string | undefined,
  o: { relu?: boolean; sum?: Value } = {},
): Value {
  const channels = image.shape[3] ?? 1;
  if (layoutFor(t, image) === 'blocked') {
    const padded = t.padded(channels);
    const ones = (): string => t.graph.node('Expand', [t.graph.scalar(1), t.graph.int64([padded, 1, 1, 1])]);
    const weights = scale ? t.reshape(padVector(t, scale, channels), [padded, 1, 1, 1]) : ones();
    const inputs = [t.blocked(image), weights, shift ? padVector(t, shift, channels) : ''];
    if (o.sum) inputs.push(t.blocked(o.sum));
    const attributes = { ...depthwise1x1(padded), ...(o.relu ? { activation: 'Relu' } : {}) };
    return t.imageValue('blocked', t.graph.node('Conv', inputs, attributes, { domain: NCHWC }), image.shape);
  }
  const spread = (name: string): string => t.reshape(name, [1, channels, 1, 1]);
  let name = t.nchw(image);
  if (scale) name = t.graph.node('Mul', [name, spread(scale)]);
  if (shift) name = t.graph.node('Add', [name, spread(shift)]);
  if (o.sum) name = t.graph.node('Add', [name, t.nchw(o.sum)]);
  return t.imageValue('nchw', o.relu ? t.graph.node('Relu', [name]) : name, image.shape);
}

/** Few channels (an input image, say) stay in NCHW: blocks would mostly be padding. */
function layoutFor(t: Trace, image: Value): 'blocked' | 'nchw' {
  const channels = image.shape[3] ?? 1;
  const narrow = image.names.blocked === undefined && 2 * channels <= t.padded(channels);
  return t.target.block && !narrow ? 'blocked' : 'nchw';
}

/** The value in that layout and no other, so that what follows stays in it. */
function inLayout(t: Trace, value: Value, layout: 'blocked' | 'nchw'): Value {
  return t.imageValue(layout, t.inLayout(value, layout), value.shape);
}

/** x - mean: emitted once, however often it is asked for. */
function centre(t: Trace, x: Value, mean: string): Value {
  return affine(t, x, undefined, t.graph.node('Neg', [mean]));
}

/** dy where the output of the fused ReLU is positive, 0 elsewhere. */
function throughRelu(t: Trace, dy: Value, y: Value, relu: boolean): Value {
  const layout = layoutFor(t, y);
  if (!relu || dy.maskedBy === y) return inLayout(t, dy, layout);
  const mask = stepOfRelu(t, t.inLayout(y, layout));
  return t.imageValue(layout, t.graph.node('Mul', [t.inLayout(dy, layout), mask]), dy.shape);
}

export function registerBatchNorm(): void {
  const op = (t: Trace, name: string, ...inputs: string[]): string => t.graph.node(name, inputs);
  const deviation = (t: Trace, variance: Value, epsilon: number): string =>
    op(t, 'Reciprocal', op(t, 'Sqrt', op(t, 'Add', t.plain(variance), t.graph.scalar(epsilon))));

  // TF.js's own inference op, whose gradient TF.js composes of plain ops.
  lowerMany<{ varianceEpsilon: number }>('FusedBatchNorm', (t, inputs, { varianceEpsilon }) => {
    const { x, mean, variance, offset, scale } = inputs;
    if (!x || !mean || !variance) throw t.unsupported('a batch norm without input, mean or variance');
    const r = t.plainValue(deviation(t, variance, varianceEpsilon), variance.shape);
    const factor = scale ? binary(t, 'Mul', scale, r) : r;
    const centre = binary(t, 'Mul', mean, factor);
    const shift = binary(t, 'Sub', offset ?? t.filled(0, mean.shape), centre);
    return binary(t, 'Add', binary(t, 'Mul', x, factor), shift);
  });

  lower('M2atBatchNormStatistics', ['x'], (t, { x }) => {
    const shape = [x.shape[3] ?? 1];
    // In the layout of the next step, so that it is converted once.
    const mean = channelMean(t, inLayout(t, x, layoutFor(t, x)));
    const centred = centre(t, x, mean);
    const variance = meanProduct(t, centred, centred);
    return [t.plainValue(mean, shape), t.plainValue(variance, shape)];
  });

  lower<Norm, BatchNormAttributes>(
    'M2atBatchNorm',
    ['x', 'gamma', 'beta', 'mean', 'variance'],
    (t, { x, gamma, beta, mean, variance }, { epsilon, relu, centred }) => {
      const scale = op(t, 'Mul', t.plain(gamma), deviation(t, variance, epsilon));
      const y = centred
        ? affine(t, centre(t, x, t.plain(mean)), scale, t.plain(beta), { relu })
        : affine(t, x, scale, op(t, 'Sub', t.plain(beta), op(t, 'Mul', t.plain(mean), scale)), { relu });
      y.isRelu = relu;
      return y;
    },
  );

  lower<NormGradient, BatchNormAttributes>(
    'M2atBatchNormTrainGrad',
    ['dy', 'x', 'gamma', 'y', 'mean', 'variance'],
    (t, { dy, x, gamma, y, mean, variance }, { epsilon, relu }) => {
      const shape = gamma.shape;
      const count = t.graph.scalar(sizeOf(x.shape) / sizeOf(shape));
      const dz = throughRelu(t, dy, y, relu);
      const centred = centre(t, x, t.plain(mean));
      const r = deviation(t, variance, epsilon);
      const meanGradient = channelMean(t, dz);
      const covariance = meanProduct(t, dz, centred);
      const scale = op(t, 'Mul', t.plain(gamma), r);
      const slope = op(t, 'Neg', op(t, 'Mul', scale, op(t, 'Mul', op(t, 'Mul', r, r), covariance)));
      const offset = op(t, 'Neg', op(t, 'Mul', scale, meanGradient));
      const dx = affine(t, dz, scale, undefined, { sum: affine(t, centred, slope, offset) });
      const dGamma = op(t, 'Mul', op(t, 'Mul', covariance, r), count);
      return [dx, t.plainValue(dGamma, shape), t.plainValue(op(t, 'Mul', meanGradient, count), shape)];
    },
  );

  lower<NormGradient, BatchNormAttributes>(
    'M2atBatchNormInferenceGrad',
    ['dy', 'x', 'gamma', 'y', 'mean', 'variance'],
    (t, { dy, x, gamma, y, mean, variance }, { epsilon, relu }) => {
      const shape = gamma.shape;
      const count = t.graph.scalar(sizeOf(x.shape) / sizeOf(shape));
      const dz = throughRelu(t, dy, y, relu);
      const r = deviation(t, variance, epsilon);
      const meanGradient = channelMean(t, dz);
      // Products with x itself would cancel where its mean is large.
      const covariance = meanProduct(t, dz, centre(t, x, t.plain(mean)));
      return [
        affine(t, dz, op(t, 'Mul', t.plain(gamma), r), undefined),
        t.plainValue(op(t, 'Mul', op(t, 'Mul', covariance, r), count), shape),
        t.plainValue(op(t, 'Mul', meanGradient, count), shape),
      ];
    },
  );
}
