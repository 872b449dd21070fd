import * as tf from '@tensorflow/tfjs';
import { crossEntropy } from '../attacks/base/cross-entropy';
import { firstFloat32 } from '../attacks/base/outputs';
import type { CompiledProgram, Device } from '../engine/devices/device';
import type { ProgramInput } from '../engine/arrays/device-array';
import { int32, scalar } from '../engine/arrays/nd-array';
import { forward } from '../models/forward';
import { Sgd, type SgdParameters } from './sgd';

/** What the network is trained on in one step. */
export interface StepBatch {
  /** float32 [N, H, W, C] in [0, 1]. */
  readonly images: ProgramInput<'float32'>;
  /** float32 [N, classes], rows that sum to 1. */
  readonly targets: ProgramInput<'float32'>;
  /** The true classes, [N], for the accuracy. */
  readonly labels: Int32Array;
}

export interface StepResult {
  /** Mean cross-entropy of the batch before the update, nats. */
  readonly loss: number;
  /** Share of the batch that the network classified as its label says, before the update. */
  readonly accuracy: number;
  /** Whether every weight, moving statistics included, is a finite number after the update. */
  readonly weightsFinite: boolean;
}

/**
 * One training step as one program: forward pass with batch statistics, cross-entropy, gradients, SGD update,
 * and BatchNorm's moving statistics. Of what it computes, one row of three numbers is read:
 * loss, accuracy, and the sum of all weights, which is finite as long as they are.
 */
export class TrainStep {
  readonly sgd: Sgd;
  private readonly program: CompiledProgram;

  constructor(device: Device, model: tf.LayersModel, parameters: SgdParameters) {
    this.sgd = new Sgd(trainableVariables(model), parameters);
    const { sgd } = this;
    this.program = device.compile('train-step', (images, targets, labels, rate) => {
      let correct: tf.Tensor | undefined;
      const { value, grads } = tf.variableGrads(() => {
        const logits = forward(model, images, { batchNorm: 'train', updateStatistics: true });
        const hits = tf.cast(tf.equal(tf.argMax(logits, -1), labels), 'float32');
        // Kept: variableGrads disposes what its function made, but for the loss.
        correct = tf.keep(tf.mean(hits));
        return tf.mean(crossEntropy(logits, targets)).asScalar();
      }, [...sgd.parameters]);
      sgd.apply(
        sgd.parameters.map(({ name }) => gradientOf(grads, name)),
        rate,
      );
      if (!correct) throw new TypeError('TF.js did not run the function that it should differentiate.');
      const row = tf.stack([value, correct, sumOfAll(model.weights.map((weight) => weight.read()))]);
      correct.dispose();
      return [row];
    });
  }

  async run({ images, targets, labels }: StepBatch, learningRate: number): Promise<StepResult> {
    const outputs = await this.program.run(
      images,
      targets,
      int32(labels, [labels.length]),
      scalar(learningRate),
    );
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
