import * as tf from '@tensorflow/tfjs';
import { batchNormTrain } from '../../engine/ops/batch-norm';
import { registerGradients } from '../../engine/gradients/register';
import type { InputSpec } from '../input/input-spec';
import { prepareInput } from '../input/prepare-input';
import { moveAverages, type BatchNormMode } from '../networks/batch-norm-layer';
import type { Graph } from './graph';
import type { NodeCall } from './node-call';
import type { Operator } from './operator';
import { operatorOf, type FindOperator } from './operators';
import { perChannel, withChannelsLast } from './operators/onnx/normalization';
import { runNodes } from './run-nodes';
import type { GraphValue } from './value';
import { storedShape, type StoredForm } from './weight-forms';
import { WeightValue } from './weight-value';
import { Weights } from './weights';

/** A weight of a graph that is a variable, by its name in the file. */
export interface GraphWeight extends StoredForm {
  readonly name: string;
  /** In ONNX's order. */
  readonly shape: readonly number[];
  /** Otherwise a moving statistic. */
  readonly trained: boolean;
}

/** What of a graph is trained, and on what. */
export interface GraphTraining {
  /** What the network takes. */
  readonly spec: InputSpec;
  /** The value with the logits. */
  readonly output: string;
  /** Height, width and channels of the images. */
  readonly inputShape: readonly [number, number, number];
  readonly classes: number;
  /** The moving mean and variance, by name, of each BatchNormalization that is trained, by its node. */
  readonly statistics: ReadonlyMap<string, readonly [mean: string, variance: string]>;
}

/** A graph as a network to train: its weights are none of its constants. */
export interface TrainedGraph extends GraphTraining {
  readonly graph: Graph;
  /** As it is run (prepare-graph.ts). */
  readonly prepared: Graph;
  readonly weights: readonly GraphWeight[];
  /** [N, classes], of the value with the logits and the images. */
  readonly asScores: (value: tf.Tensor, images: tf.Tensor) => tf.Tensor;
  /** The file's bytes, in which trained weights are written when it is saved. */
  readonly source: Uint8Array;
}

type LayerWeight = tf.layers.Layer['weights'][number];

/** A graph as the one layer of a network, whose weights are the graph's. */
export class GraphLayer extends tf.layers.Layer {
  static readonly className = 'M2atGraph';
  private readonly constants: Weights;
  private readonly toInput: (images: tf.Tensor) => tf.Tensor;
  private readonly byName = new Map<string, LayerWeight>();

  /** @throws M2atError `checkpoint` for constants that are not finite */
  constructor(readonly network: TrainedGraph) {
    super({ name: 'graph' });
    registerGradients();
    this.toInput = prepareInput(network.spec);
    this.constants = new Weights(network.graph);
  }

  override build(inputShape: tf.Shape | tf.Shape[]): void {
    for (const weight of this.network.weights) {
      const { name, trained } = weight;
      // TF.js allows no other characters.
      const plain = `w-${name.replace(/[^\w.-]/g, '_')}`;
      const zeros = tf.initializers.zeros();
      this.byName.set(
        name,
        this.addWeight(plain, storedShape(weight.shape, weight), 'float32', zeros, undefined, trained),
      );
    }
    super.build(inputShape);
  }

  override computeOutputShape(): tf.Shape {
    return [null, this.network.classes];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const [images] = [inputs].flat();
    if (!images) throw new TypeError('The network has one input.');
    return tf.tidy(() => this.run(images, { batchNorm: 'eval', updateStatistics: false }));
  }

  /** For use inside a program; differentiable. @param images [N, H, W, C] in [0, 1] @returns logits [N, classes] */
  run(images: tf.Tensor, mode: BatchNormMode): tf.Tensor {
    const { prepared, asScores, statistics, output: wanted } = this.network;
    const trained = new Map(
      this.network.weights.map((weight) => [
        weight.name,
        new WeightValue(this.weight(weight.name).read(), weight.shape, weight),
      ]),
    );
    const find: FindOperator = (graph, node) => {
      const names = mode.batchNorm === 'train' ? statistics.get(node.name) : undefined;
      return names ? this.trainedNorm(names, mode) : operatorOf(graph, node);
    };
    const input = this.toInput(images);
    return asScores(runNodes(prepared, this.constants, input, { wanted, find, trained }), images);
  }

  /** By its name in the file. */
  weight(name: string): LayerWeight {
    const weight = this.byName.get(name);
    if (!weight) throw new RangeError(`The graph has no weight ${name}.`);
    return weight;
  }

  protected override disposeWeights(): number {
    this.constants.dispose();
    return super.disposeWeights();
  }

  private trainedNorm([mean, variance]: readonly [string, string], mode: BatchNormMode): Operator {
    const evaluate = (call: NodeCall): GraphValue => {
      const value = call.value(0);
      const channels = value.shape[1] ?? 0;
      const [gamma, beta] = [perChannel(call, 1, channels), perChannel(call, 2, channels)];
      return withChannelsLast(value, (x) => {
        const epsilon = call.scalar('epsilon', 1e-5);
        const { y, ...batch } = batchNormTrain(x, gamma, beta, { epsilon, relu: false });
        if (mode.updateStatistics) {
          const rest = { count: x.size / channels, momentum: call.scalar('momentum', 0.9) };
          moveAverages([this.weight(mean), this.weight(variance)], { ...batch, ...rest }, mode);
        }
        return y;
      });
    };
    return { evaluate, gradient: 'differentiable' };
  }
}

/** A network of a graph alone. Its weights are zeros. The caller disposes it. */
export function graphModel(network: TrainedGraph): tf.LayersModel {
  const input = tf.input({ shape: [...network.inputShape], name: 'image' });
  const outputs = new GraphLayer(network).apply(input);
  if (!(outputs instanceof tf.SymbolicTensor)) throw new TypeError('The graph has one output.');
  return tf.model({ inputs: input, outputs, name: 'graph' });
}

/** The graph that a network is of; undefined for one of layers. */
export function graphLayerOf(model: tf.LayersModel): GraphLayer | undefined {
  return model.layers.find((layer) => layer instanceof GraphLayer);
}
