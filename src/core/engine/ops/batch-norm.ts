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
  return { y: fusedTrain({ x, gamma, beta, mean, variance }, { ...o, centred: true }), mean, variance };
}

/**
 * Batch normalization with given statistics, recorded or computed, differentiable in all of its inputs.
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
  return fusedInference({ x, gamma, beta, mean, variance }, { ...o, centred: false });
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

/** The mean and variance are those of x itself, and no inputs. */
function fusedTrain({ x, gamma, beta, mean, variance }: NormInputs, o: FusedOptions): tf.Tensor {
  return tf.customGrad((...args) => {
    const [[a, g, b], save] = customGradArguments(args);
    const value = normalized({ x: one(a), gamma: one(g), beta: one(b), mean, variance }, o);
    save([one(a), one(g), value]);
    return {
      value,
      gradFunc: (dy, [savedX, savedGamma, y]) =>
        run(
          'M2atBatchNormTrainGrad',
          { dy: one(dy), x: one(savedX), gamma: one(savedGamma), y: one(y), mean, variance },
          o,
        ),
    };
  })(x, gamma, beta);
}

function fusedInference({ x, gamma, beta, mean, variance }: NormInputs, o: FusedOptions): tf.Tensor {
  return tf.customGrad((...args) => {
    const [[a, g, b, m, v], save] = customGradArguments(args);
    const value = normalized({ x: one(a), gamma: one(g), beta: one(b), mean: one(m), variance: one(v) }, o);
    save([one(a), one(g), value, one(m), one(v)]);
    return {
      value,
      gradFunc: (dy, saved) => {
        const [savedX, savedGamma, y, savedMean, savedVariance] = saved.map(one);
        if (!savedX || !savedGamma || !y || !savedMean || !savedVariance)
          throw new TypeError('A custom gradient gets the tensors that were saved.');
        const inputs = {
          dy: one(dy),
          x: savedX,
          gamma: savedGamma,
          y,
          mean: savedMean,
          variance: savedVariance,
        };
        const [dx, dGamma, dBeta] = run('M2atBatchNormInferenceGrad', inputs, o);
        if (!dx || !dGamma || !dBeta) throw new TypeError('The batch norm gradient returns three tensors.');
        // y = scale (x - mean) + beta with scale = gamma / sqrt(variance + epsilon). What nobody asks for is dropped.
        const variances = savedVariance.add(o.epsilon);
        return [
          dx,
          dGamma,
          dBeta,
          dBeta.mul(savedGamma).mul(variances.rsqrt()).neg(),
          dGamma.mul(savedGamma).div(variances).mul(-0.5),
        ];
      },
    };
  })(x, gamma, beta, mean, variance);
}

function normalized(inputs: NormInputs, o: FusedOptions): tf.Tensor {
  const [value] = run('M2atBatchNorm', { ...inputs }, o);
  if (!value) throw new TypeError('The batch norm kernel returns a tensor.');
  return value;
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
function customGradArguments(args: readonly (tf.Tensor | tf.GradSaveFunc)[]): [tf.Tensor[], tf.GradSaveFunc] {
  const save = args.at(-1);
  if (typeof save !== 'function')
    throw new TypeError('A custom gradient gets its inputs and a save function.');
  return [args.filter((arg) => arg instanceof tf.Tensor), save];
}

function one(tensor: tf.Tensor | tf.Tensor[] | undefined): tf.Tensor {
  if (tensor instanceof tf.Tensor) return tensor;
  throw new TypeError('A custom gradient gets the tensors that were saved.');
}
