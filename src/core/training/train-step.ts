import * as tf from '@tensorflow/tfjs';
import { crossEntropy } from '../attacks/base/cross-entropy';
import { firstFloat32 } from '../attacks/base/outputs';
import type { CompiledProgram, Device } from '../engine/devices/device';
import type { ProgramInput } from '../engine/arrays/device-array';
import { int32, scalar, type NdArray } from '../engine/arrays/nd-array';
import { plainUpdate, type Loss, type Method, type Step, type TrainedNetwork } from '../methods/method';
import { forward } from '../models/layers-model/forward';
import type { BatchNormMode } from '../models/networks/batch-norm-layer';
import { createOptimizer, type UpdateParameters } from './create-optimizer';
import { entryAt, zerosLike, type Optimizer, type StepRate } from './optimizer';

/** How a step moves parameters and BatchNorm's statistics. */
export interface StepParameters extends UpdateParameters, Pick<BatchNormMode, 'variance'> {
  /** Parts of a step whose gradients are accumulated. Absent: 1. */
  readonly parts?: number | undefined;
}

/** What is known of a part of a step. */
export interface PartResult {
  /** Loss of the batch before the update; nats, where it is a cross-entropy. */
  readonly loss: number;
  /** Share of the batch that the network classified as its label says, before the update. */
  readonly accuracy: number;
}

export interface StepResult extends PartResult {
  /** Whether every weight, moving statistics included, is a finite number after the update. */
  readonly weightsFinite: boolean;
}

/** Mean cross-entropy of images against targets, in one pass that moves BatchNorm's statistics. */
const imageLoss: Loss = (network, images, targets) => {
  const logits = network.forward(images, { batchNorm: 'train', updateStatistics: true });
  return { logits, loss: tf.mean(crossEntropy(logits, targets)) };
};

/**
 * One training step as one program: the method's loss, its gradients, the optimizer's update, and BatchNorm's moving
 * statistics. Of what it computes, one row of three numbers is read: loss, accuracy, and the sum of all weights,
 * which is finite as long as they are.
 *
 * A step of several parts is two programs: one for each part, which adds its gradients up, and one that moves the weights
 * along their mean. Only the first takes the memory of a pass, of a part.
 */
export class TrainStep {
  readonly optimizer: Optimizer;
  /** What a checkpoint needs beside the weights: what the optimizer keeps, and what the method does. */
  readonly state: readonly tf.Variable[];
  private readonly parts: number;
  /** Sums of the gradients of a step's parts, by parameter; zero between steps. */
  private readonly sums: readonly tf.Variable[];
  private readonly stepInputs: number;
  /** Of the inputs of a step's parts, those that are of the whole step: the same in each. */
  private ofStep: readonly ProgramInput[] = [];
  private readonly whole: CompiledProgram;
  private readonly adding: CompiledProgram;
  private readonly completing: CompiledProgram;

  constructor(
    device: Device,
    model: tf.LayersModel,
    parameters: StepParameters,
    {
      loss = imageLoss,
      update = plainUpdate,
      limit = (gradients) => gradients,
      state = [],
      stepInputs = 0,
    }: Pick<Method, 'loss' | 'update' | 'limit' | 'state' | 'stepInputs'> = {},
  ) {
    const { variance, parts = 1 } = parameters;
    const optimizer = createOptimizer(trainableVariables(model), parameters);
    const sums = parts === 1 ? [] : zerosLike(optimizer.parameters);
    this.optimizer = optimizer;
    this.sums = sums;
    this.state = [...optimizer.state, ...state];
    this.parts = parts;
    this.stepInputs = stepInputs;
    const network: TrainedNetwork = {
      forward: (images, options) => forward(model, images, { ...options, variance }),
      parameters: optimizer.parameters,
    };
    const differentiating = (labels: tf.Tensor, inputs: readonly tf.Tensor[]) =>
      new Differentiation(loss, network, labels, inputs);
    const sumOfWeights = (): tf.Scalar => sumOfAll(model.weights.map((weight) => weight.read()));
    const told = (given: readonly tf.Tensor[]) => ({
      scalars: given.slice(0, optimizer.scalarCount),
      inputs: given.slice(optimizer.scalarCount),
    });

    this.whole = device.compile('train-step', (labels, ...given) => {
      const { scalars, inputs } = told(given);
      const batch = differentiating(labels, inputs);
      const numbers = update({
        network,
        inputs,
        completes: true,
        gradients: batch.gradients,
        apply: (gradients) => {
          optimizer.apply(limit(gradients), scalars);
        },
      });
      const sum = sumOfWeights();
      const row = tf.stack([numbers.loss, numbers.accuracy, sum]);
      batch.dispose();
      return [row];
    });
    this.adding = device.compile('train-part', (labels, ...inputs) => {
      const batch = differentiating(labels, inputs);
      const numbers = update({
        network,
        inputs,
        completes: false,
        gradients: batch.gradients,
        apply: (gradients) => {
          for (const [i, sum] of sums.entries()) sum.assign(tf.add(sum, entryAt(gradients, i)));
        },
      });
      const row = tf.stack([numbers.loss, numbers.accuracy]);
      batch.dispose();
      return [row];
    });
    this.completing = device.compile('train-update', (...given) => {
      const { scalars, inputs } = told(given);
      const nothing = tf.scalar(0);
      update({
        network,
        inputs,
        completes: true,
        gradients: () => ({ loss: nothing, accuracy: nothing, gradients: sums }),
        apply: (gradients) => {
          optimizer.apply(limit(gradients.map((sum) => tf.div(sum, parts))), scalars);
          for (const sum of sums) sum.assign(tf.zerosLike(sum));
        },
      });
      return [sumOfWeights()];
    });
  }

  /**
   * A whole step.
   * @param inputs what the method prepared
   * @param labels the true classes, [N], for the accuracy
   * @param rate the learning rate, with what else the optimizer has to know
   */
  async run(
    inputs: readonly ProgramInput[],
    labels: Int32Array,
    rate: number | StepRate,
  ): Promise<StepResult> {
    const outputs = await this.whole.run(int32(labels, [labels.length]), ...this.scalars(rate), ...inputs);
    const [loss = NaN, accuracy = NaN, sum = NaN] = firstFloat32(outputs).data;
    return { loss, accuracy, weightsFinite: Number.isFinite(sum) };
  }

  /** A part of a step: its gradients are kept. @param inputs, labels as for `run` */
  async add(inputs: readonly ProgramInput[], labels: Int32Array): Promise<PartResult> {
    const outputs = await this.adding.run(int32(labels, [labels.length]), ...inputs);
    this.ofStep = inputs.slice(inputs.length - this.stepInputs);
    const [loss = NaN, accuracy = NaN] = firstFloat32(outputs).data;
    return { loss, accuracy };
  }

  /** Moves the weights along the mean of the parts' gradients. @param results of all parts of the step */
  async complete(results: readonly PartResult[], rate: number | StepRate): Promise<StepResult> {
    if (results.length !== this.parts) throw new TypeError(`A step has ${this.parts} parts.`);
    const outputs = await this.completing.run(...this.scalars(rate), ...this.ofStep);
    const [sum = NaN] = firstFloat32(outputs).data;
    const mean = (key: keyof PartResult): number =>
      results.reduce((total, result) => total + result[key], 0) / results.length;
    return { loss: mean('loss'), accuracy: mean('accuracy'), weightsFinite: Number.isFinite(sum) };
  }

  async dispose(): Promise<void> {
    await Promise.all([this.whole, this.adding, this.completing].map((program) => program.dispose()));
    this.optimizer.dispose();
    tf.dispose([...this.sums]);
  }

  /** The program's inputs beside the batch. */
  private scalars(rate: number | StepRate): NdArray<'float32'>[] {
    return this.optimizer.scalars(typeof rate === 'number' ? { learningRate: rate } : rate).map(scalar);
  }
}

/** Takes gradients of a method's loss on a batch, inside of a program. */
class Differentiation {
  private readonly kept: tf.Tensor[] = [];

  constructor(
    private readonly loss: Loss,
    private readonly own: TrainedNetwork,
    private readonly labels: tf.Tensor,
    private readonly inputs: readonly tf.Tensor[],
  ) {}

  readonly gradients: Step['gradients'] = (network = this.own, variables = this.own.parameters) => {
    const { value, grads } = tf.variableGrads(() => {
      const { logits, loss, answers = this.labels } = this.loss(network, ...this.inputs);
      const hits = tf.cast(tf.equal(tf.argMax(logits, -1), answers), 'float32');
      // Kept: variableGrads disposes what its function made, but for the loss.
      this.kept.push(tf.keep(tf.mean(hits)));
      return loss.asScalar();
    }, [...variables]);
    const accuracy = this.kept.at(-1);
    if (!accuracy) throw new TypeError('TF.js did not run the function that it should differentiate.');
    return { loss: value, accuracy, gradients: variables.map(({ name }) => gradientOf(grads, name)) };
  };

  dispose(): void {
    tf.dispose(this.kept);
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
