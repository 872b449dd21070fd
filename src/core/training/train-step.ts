import * as tf from '@tensorflow/tfjs';
import { crossEntropy } from '../attacks/base/cross-entropy';
import { firstFloat32 } from '../attacks/base/outputs';
import type { CompiledProgram, Device } from '../engine/devices/device';
import type { ProgramInput } from '../engine/arrays/device-array';
import { int32, scalar } from '../engine/arrays/nd-array';
import { plainUpdate, type Loss, type Method, type TrainedNetwork } from '../methods/method';
import { forward } from '../models/layers-model/forward';
import type { BatchNormMode } from '../models/networks/batch-norm-layer';
import { Sgd, type SgdParameters } from './sgd';

/** How a step moves parameters and BatchNorm's statistics. */
export interface StepParameters extends SgdParameters, Pick<BatchNormMode, 'variance'> {
  /** Each step is told its momentum. Absent: it is that of the parameters. */
  readonly cyclesMomentum?: boolean | undefined;
}

/** What the optimizer is told for a step. */
export interface StepRate {
  readonly learningRate: number;
  /** Where it is cycled. */
  readonly momentum?: number | undefined;
}

export interface StepResult {
  /** Loss of the batch before the update; nats, where it is a cross-entropy. */
  readonly loss: number;
  /** Share of the batch that the network classified as its label says, before the update. */
  readonly accuracy: number;
  /** Whether every weight, moving statistics included, is a finite number after the update. */
  readonly weightsFinite: boolean;
}

/** Mean cross-entropy of images against targets, in one pass that moves BatchNorm's statistics. */
const imageLoss: Loss = (network, images, targets) => {
  const logits = network.forward(images, { batchNorm: 'train', updateStatistics: true });
  return { logits, loss: tf.mean(crossEntropy(logits, targets)) };
};

/**
 * One training step as one program: the method's loss, its gradients, the SGD update, and BatchNorm's moving
 * statistics. Of what it computes, one row of three numbers is read: loss, accuracy, and the sum of all weights,
 * which is finite as long as they are.
 */
export class TrainStep {
  readonly sgd: Sgd;
  /** What a checkpoint needs beside the weights: the velocities, and what the method keeps. */
  readonly state: readonly tf.Variable[];
  private readonly program: CompiledProgram;
  private readonly cyclesMomentum: boolean;

  constructor(
    device: Device,
    model: tf.LayersModel,
    parameters: StepParameters,
    {
      loss = imageLoss,
      update = plainUpdate,
      limit = (gradients) => gradients,
      state = [],
    }: Pick<Method, 'loss' | 'update' | 'limit' | 'state'> = {},
  ) {
    this.sgd = new Sgd(trainableVariables(model), parameters);
    const { sgd } = this;
    this.state = [...sgd.velocities, ...state];
    const { variance, cyclesMomentum = false } = parameters;
    this.cyclesMomentum = cyclesMomentum;
    const own: TrainedNetwork = {
      forward: (images, options) => forward(model, images, { ...options, variance }),
      parameters: sgd.parameters,
    };
    this.program = device.compile('train-step', (labels, rate, ...given) => {
      const momentum = this.cyclesMomentum ? given[0] : undefined;
      const inputs = momentum ? given.slice(1) : given;
      const kept: tf.Tensor[] = [];
      const numbers = update({
        network: own,
        inputs,
        completes: true,
        gradients(network = own, variables = own.parameters) {
          const { value, grads } = tf.variableGrads(() => {
            const { logits, loss: result, answers = labels } = loss(network, ...inputs);
            const hits = tf.cast(tf.equal(tf.argMax(logits, -1), answers), 'float32');
            // Kept: variableGrads disposes what its function made, but for the loss.
            kept.push(tf.keep(tf.mean(hits)));
            return result.asScalar();
          }, [...variables]);
          const accuracy = kept.at(-1);
          if (!accuracy) throw new TypeError('TF.js did not run the function that it should differentiate.');
          return { loss: value, accuracy, gradients: variables.map(({ name }) => gradientOf(grads, name)) };
        },
        apply: (gradients) => {
          sgd.apply(limit(gradients), rate, momentum);
        },
      });
      const sum = sumOfAll(model.weights.map((weight) => weight.read()));
      const row = tf.stack([numbers.loss, numbers.accuracy, sum]);
      tf.dispose(kept);
      return [row];
    });
  }

  /**
   * @param inputs what the method prepared
   * @param labels the true classes, [N], for the accuracy
   * @param rate the learning rate, with the momentum where it is cycled
   */
  async run(
    inputs: readonly ProgramInput[],
    labels: Int32Array,
    rate: number | StepRate,
  ): Promise<StepResult> {
    const { learningRate, momentum }: StepRate = typeof rate === 'number' ? { learningRate: rate } : rate;
    if (this.cyclesMomentum !== (momentum !== undefined)) throw new TypeError('A step lacks its momentum.');
    const scalars = [learningRate, ...(momentum === undefined ? [] : [momentum])].map(scalar);
    const outputs = await this.program.run(int32(labels, [labels.length]), ...scalars, ...inputs);
    const [loss = NaN, accuracy = NaN, sum = NaN] = firstFloat32(outputs).data;
    return { loss, accuracy, weightsFinite: Number.isFinite(sum) };
  }

  async dispose(): Promise<void> {
    await this.program.dispose();
    this.sgd.dispose();
  }
}

/** The variables that training moves, in the model's order. */
export function trainableVariables(model: tf.LayersModel): tf.Variable[] {
  return model.trainableWeights.map((weight) => {
    const value = weight.read();
    if (!isVariable(value)) throw new TypeError(`The weight ${weight.name} is not a variable.`);
    return value;
  });
}

/** Keeps NaN and infinity: finite exactly as long as all values are (none comes near the end of float32's range). */
function sumOfAll(values: readonly tf.Tensor[]): tf.Scalar {
  return tf.addN(values.map((value) => tf.sum(value))).asScalar();
}

function isVariable(value: tf.Tensor): value is tf.Variable {
  return value instanceof tf.Variable;
}

function gradientOf(gradients: tf.NamedTensorMap, name: string): tf.Tensor {
  const gradient = gradients[name];
  if (!gradient) throw new RangeError(`The loss does not depend on the parameter ${name}.`);
  return gradient;
}
