import * as tf from '@tensorflow/tfjs';
import { TRACE_BACKEND } from '../tracing/trace-backend';

export interface BatchNormOptions {
  readonly epsilon: number;
  /** Apply ReLU to the result; one op with it when compiled. */
  readonly relu: boolean;
}

/**
 * Batch normalization with the statistics of the batch.
 * `x` is [..., C], gamma and beta are [C]; mean and the biased variance are [C], over all axes but the last.
 * y is differentiable in x, gamma and beta; mean and variance are values to record, not to differentiate.
 * Ioffe and Szegedy 2015, algorithm 1. Runs on any TF.js backend and as fused nodes in compiled programs.
 */
export function batchNormTrain(
  x: tf.Tensor,
  gamma: tf.Tensor,
  beta: tf.Tensor,
  o: BatchNormOptions,
): { y: tf.Tensor; mean: tf.Tensor; variance: tf.Tensor } {
  if (!isFused(x)) {
    const { mean, variance } = tf.moments(
      x,
      x.shape.slice(0, -1).map((_, i) => i),
    );
    return { y: normalize(x, gamma, beta, mean, variance, o), mean, variance };
  }
  const [mean, variance] = run('M2atBatchNormStatistics', { x });
  if (!mean || !variance) throw new TypeError('The statistics kernel returns two tensors.');
  const y = fused({ x, gamma, beta, mean, variance }, { ...o, centred: true });
  return { y, mean, variance };
}

/**
 * Batch normalization with recorded statistics, differentiable in x, gamma and beta.
 * `x` is [..., C], the others [C].
 */
export function batchNormInference(
  x: tf.Tensor,
  gamma: tf.Tensor,
  beta: tf.Tensor,
  mean: tf.Tensor,
  variance: tf.Tensor,
  o: BatchNormOptions,
): tf.Tensor {
  if (!isFused(x)) return normalize(x, gamma, beta, mean, variance, o);
  return fused({ x, gamma, beta, mean, variance }, { ...o, centred: false });
}

interface NormInputs {
  readonly x: tf.Tensor;
  readonly gamma: tf.Tensor;
  readonly beta: tf.Tensor;
  readonly mean: tf.Tensor;
  readonly variance: tf.Tensor;
}

interface FusedOptions extends BatchNormOptions {
  /** The mean and variance are those of x itself: dx counts what x contributes to them. */
  readonly centred: boolean;
}

function fused({ x, gamma, beta, mean, variance }: NormInputs, o: FusedOptions): tf.Tensor {
  const gradientKernel = o.centred ? 'M2atBatchNormTrainGrad' : 'M2atBatchNormInferenceGrad';
  return tf.customGrad((...args) => {
    const [a, g, b, save] = customGradArguments(args);
    const [value] = run('M2atBatchNorm', { x: a, gamma: g, beta: b, mean, variance }, o);
    if (!value) throw new TypeError('The batch norm kernel returns a tensor.');
    save([a, g, value]);
    return {
      value,
      gradFunc: (dy, [savedX, savedGamma, y]) =>
        run(
          gradientKernel,
          { dy: one(dy), x: one(savedX), gamma: one(savedGamma), y: one(y), mean, variance },
          o,
        ),
    };
  })(x, gamma, beta);
}

function isFused(x: tf.Tensor): boolean {
  return tf.getBackend() === TRACE_BACKEND && x.rank === 4;
}

function normalize(
  x: tf.Tensor,
  gamma: tf.Tensor,
  beta: tf.Tensor,
  mean: tf.Tensor,
  variance: tf.Tensor,
  { epsilon, relu }: BatchNormOptions,
): tf.Tensor {
  const y = x.sub(mean).mul(variance.add(epsilon).rsqrt().mul(gamma)).add(beta);
  return relu ? y.relu() : y;
}

function run(kernel: string, inputs: tf.NamedTensorMap, o?: FusedOptions): tf.Tensor[] {
  const attributes = o ? { epsilon: o.epsilon, relu: o.relu, centred: o.centred } : {};
  const result = tf.engine().runKernel<tf.Tensor | tf.Tensor[]>(kernel, inputs, attributes);
  return Array.isArray(result) ? result : [result];
}

/** TF.js types the arguments of a custom gradient as tensors or the save function, in no order. */
function customGradArguments(
  args: readonly (tf.Tensor | tf.GradSaveFunc)[],
): [tf.Tensor, tf.Tensor, tf.Tensor, tf.GradSaveFunc] {
  const [x, gamma, beta, save] = args;
  if (
    x instanceof tf.Tensor &&
    gamma instanceof tf.Tensor &&
    beta instanceof tf.Tensor &&
    typeof save === 'function'
  ) {
    return [x, gamma, beta, save];
  }
  throw new TypeError('A custom gradient gets its inputs and a save function.');
}

function one(tensor: tf.Tensor | tf.Tensor[] | undefined): tf.Tensor {
  if (tensor instanceof tf.Tensor) return tensor;
  throw new TypeError('A custom gradient gets the tensors that were saved.');
}
