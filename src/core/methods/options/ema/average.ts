import * as tf from '@tensorflow/tfjs';
import { copyModel } from '../../../models/layers-model/copy-model';
import type { ScalarUpdate } from '../with-scalar';

interface Pair {
  readonly trained: tf.Variable;
  readonly average: tf.Variable;
  /** Whether it takes the trained value as it is. */
  readonly copied: boolean;
}

/** A network whose weights follow those of a trained one, as their moving average. */
export class Average {
  private constructor(
    readonly model: tf.LayersModel,
    private readonly pairs: readonly Pair[],
  ) {}

  /** Begins with the weights that the network has. @param statistics what becomes of BatchNorm's moving statistics */
  static async of(network: tf.LayersModel, statistics: 'averaged' | 'copied'): Promise<Average> {
    const model = await copyModel(network);
    const trainable = new Set(network.trainableWeights);
    const pairs = network.weights.map((weight, i): Pair => {
      const [trained, average] = [weight.read(), model.weights[i]?.read()];
      if (!isVariable(trained) || !isVariable(average)) {
        throw new TypeError(`The weight ${weight.name} is not a variable.`);
      }
      return { trained, average, copied: statistics === 'copied' && !trainable.has(weight) };
    });
    return new Average(model, pairs);
  }

  /** Weights of the network that is trained, moving statistics included. */
  get trained(): tf.Variable[] {
    return this.pairs.map(({ trained }) => trained);
  }

  /** An update after which the average moves: a becomes w + decay (a - w). Parts of a step leave it where it is. */
  readonly after: ScalarUpdate = (update, step, decay) => {
    const numbers = update(step);
    if (!step.completes) return numbers;
    for (const { trained, average, copied } of this.pairs) {
      average.assign(copied ? tf.clone(trained) : tf.add(trained, tf.mul(tf.sub(average, trained), decay)));
    }
    return numbers;
  };

  dispose(): void {
    this.model.dispose();
  }
}

function isVariable(value: tf.Tensor | undefined): value is tf.Variable {
  return value instanceof tf.Variable;
}
