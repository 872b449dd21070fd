import type * as tf from '@tensorflow/tfjs';
import type { LabelledImages } from '../attacks/base/attack';
import type { Device } from '../engine/devices/device';
import type { ProgramInput } from '../engine/arrays/device-array';
import type { NdArray } from '../engine/arrays/nd-array';
import type { ForwardOptions } from '../models/layers-model/forward';
import type { Draws } from './draws';

/** What an option may change about a batch, for every method. */
export interface BatchConditions {
  /** How much of each class the images show, where several are mixed: float32 [N, classes]. Absent: the labels. */
  readonly truth?: NdArray<'float32'> | undefined;
  /** The images as they were before they were mixed, with their labels. Absent: they are not mixed. */
  readonly unmixed?: LabelledImages | undefined;
  /** Share of the method's epsilon, and of its steps, that is used for this batch, in (0, 1]. Absent: all of it. */
  readonly epsilonShare?: number | undefined;
}

/**
 * A batch and everything that a method draws at random for it: host arrays that are a pure function of the seed and
 * the step, so that they can be made ahead, in another thread.
 */
export interface DrawnBatch<Drawn extends Draws = Draws> extends LabelledImages, BatchConditions {
  /** What the network is to answer: float32 [N, classes], rows that sum to 1. */
  readonly targets: NdArray<'float32'>;
  readonly draws: Drawn;
}

/** One column of the sample grid. */
export interface PreviewColumn {
  readonly key: string;
  /** Such as `x₁ = x + M·δ`. */
  readonly title: string;
  /** Short enough to stand over a small picture; absent: the title. */
  readonly symbol?: string;
  /** What it is, in a word or two: `clean`. */
  readonly name?: string;
  /** What it is, in a sentence. */
  readonly about?: string;
  /** `image`: in [0, 1]. `perturbation`: in [-epsilon, epsilon]. `mask`: from 0, black, to 1, white, one channel. */
  readonly kind: 'image' | 'perturbation' | 'mask';
  /** float32 [N, H, W, C]. */
  readonly data: NdArray<'float32'>;
  /** Whether the network's answer on it is worth showing. */
  readonly predict: boolean;
  /** [N]: the class of each picture. Absent: that of the row's image. */
  readonly labels?: Int32Array;
}

/** A number that is shown beside each image of the sample grid. */
export interface PreviewFact {
  /** Such as `Mixing coefficient`. */
  readonly name: string;
  /** One letter or word, where there is no room for the name. */
  readonly symbol?: string;
  /** What it is, in a few words. */
  readonly about?: string;
  /** Such as `nats`. */
  readonly unit?: string;
  /** `percent`: of a fraction. `class`: a class by its number, shown by its name. Absent: a decimal number. */
  readonly format?: 'percent' | 'class';
  /** [N]; what is not finite is shown as missing. */
  readonly values: Float32Array;
}

export interface Preview {
  readonly columns: readonly PreviewColumn[];
  readonly facts?: readonly PreviewFact[];
  /** Largest change of a pixel, to amplify perturbations by; absent: each image's by its own largest. */
  readonly epsilon?: number;
}

/** A network in training. */
export interface MethodNetwork {
  readonly device: Device;
  readonly model: tf.LayersModel;
  readonly classes: number;
  /** Images of a step. */
  readonly batchSize: number;
}

/** The network inside of a step's program. */
export interface TrainedNetwork {
  /** Logits [N, classes] of images [N, H, W, C] in [0, 1]. Each pass says whether it moves BatchNorm's statistics. */
  forward(images: tf.Tensor, options: ForwardOptions): tf.Tensor;
  /** What training moves, in the model's order. */
  readonly parameters: readonly tf.Variable[];
}

/** A loss, a scalar, with the logits [N, classes] whose accuracy is told beside it. */
export interface StepLoss {
  readonly loss: tf.Tensor;
  readonly logits: tf.Tensor;
  /** The class that the accuracy expects of each, int32 [N]. Absent: the label. */
  readonly answers?: tf.Tensor;
}

/** The loss of a batch, inside of a step's program. @param inputs what `prepare` gave, in its order */
export type Loss = (network: TrainedNetwork, ...inputs: tf.Tensor[]) => StepLoss;

/** Scalars that a step tells of. */
export interface StepNumbers {
  readonly loss: tf.Tensor;
  /** Share of the batch that the network classifies as its label says. */
  readonly accuracy: tf.Tensor;
}

/** One step of training, inside of its program. */
export interface Step {
  readonly network: TrainedNetwork;
  /**
   * What `prepare` gave, in its order. In the program that completes a step of several parts only what is of the whole step:
   * the last `stepInputs`.
   */
  readonly inputs: readonly tf.Tensor[];
  /**
   * Whether the optimizer moves in this program; false for a part of a batch whose gradients are only added up. What is to
   * happen once a step belongs where it is true.
   */
  readonly completes: boolean;
  /**
   * The loss with its gradients, in the order of the variables. In the program that completes a step of several parts there
   * is no batch: there it gives the sums of the parts' gradients.
   * @param network absent: the step's own
   * @param variables absent: the network's parameters
   */
  gradients(
    network?: TrainedNetwork,
    variables?: readonly tf.Variable[],
  ): StepNumbers & { readonly gradients: readonly tf.Tensor[] };
  /**
   * Moves the parameters along gradients in their order: weight decay, momentum and learning rate. Of a part of a batch, it
   * adds them up; of a step of several parts, it takes the mean.
   */
  apply(gradients: readonly tf.Tensor[]): void;
}

/** What a step does with its loss, inside of its program. */
export type Update = (step: Step) => StepNumbers;

/** Moves the parameters once along the gradients of the loss. */
export const plainUpdate: Update = (step) => {
  const { gradients, ...numbers } = step.gradients();
  step.apply(gradients);
  return numbers;
};

/** A training method bound to a network: it makes what a step trains on, and says how. */
export interface Method<Drawn extends Draws = Draws> {
  /**
   * @returns what the loss takes, on the device where a program made it; the caller releases it
   * @throws M2atError `cancelled`
   */
  prepare(batch: DrawnBatch<Drawn>, signal: AbortSignal): Promise<readonly ProgramInput[]>;
  /** Absent: cross-entropy, where `prepare` gives images [N, H, W, C] in [0, 1] and targets [N, classes]. */
  readonly loss?: Loss | undefined;
  /** Absent: {@link plainUpdate}. */
  readonly update?: Update | undefined;
  /** What becomes of the gradients of a whole batch before the optimizer takes them, inside of the step's program. */
  readonly limit?: ((gradients: readonly tf.Tensor[]) => readonly tf.Tensor[]) | undefined;
  /** How many of the last arrays that `prepare` gives are of the whole step: host arrays, the same in each of its parts. Absent: 0. */
  readonly stepInputs?: number | undefined;
  /** How often a step's program is run on what was prepared, each with a learning rate of its own. Absent: once. */
  readonly replays?: number | undefined;
  /** Variables that live from step to step beside the weights: checkpoints have them. */
  readonly state?: readonly tf.Variable[] | undefined;
  /**
   * The network that is evaluated, saved and attacked, where it is not the one that is trained. Then `state` has the
   * weights of the one that is trained.
   */
  readonly evaluated?: tf.LayersModel | undefined;
  /** What a batch is made of, taken apart for the sample grid. @throws M2atError `cancelled` */
  preview(batch: DrawnBatch<Drawn>, signal: AbortSignal): Promise<Preview>;
  dispose(): Promise<void>;
}

/** What a definition loads. */
export type CreateMethod<Parameters, Drawn extends Draws> = (
  network: MethodNetwork,
  parameters: Parameters,
) => Method<Drawn> | Promise<Method<Drawn>>;
