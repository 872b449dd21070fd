import * as tf from '@tensorflow/tfjs';

/** Activations that Keras writes by name and TF.js does not know, by TF.js's spelling. */
const missing: readonly [string, (x: tf.Tensor) => tf.Tensor][] = [
  ['hardSwish', hardSwish],
  ['hardSilu', hardSwish],
  ['silu', (x) => tf.mul(x, tf.sigmoid(x))],
  ['leakyRelu', (x) => tf.leakyRelu(x, 0.2)],
  ['exponential', (x) => tf.exp(x)],
];

/** x * relu6(x + 3) / 6, Howard et al. 2019. */
function hardSwish(x: tf.Tensor): tf.Tensor {
  return tf.mul(x, tf.div(tf.relu6(tf.add(x, 3)), 6));
}

let registered = false;

/** Registers them with TF.js's layers, once. */
export function registerKerasActivations(): void {
  if (registered) return;
  registered = true;
  for (const [name, activate] of missing) tf.serialization.registerClass(activationClass(name, activate));
}

function activationClass(
  name: string,
  activate: (x: tf.Tensor) => tf.Tensor,
): tf.serialization.SerializableConstructor<tf.serialization.Serializable> {
  return class extends tf.serialization.Serializable {
    static readonly className = name;

    getConfig(): tf.serialization.ConfigDict {
      return {};
    }

    apply(x: tf.Tensor): tf.Tensor {
      return tf.tidy(() => activate(x));
    }

    static override fromConfig<T extends tf.serialization.Serializable>(
      cls: tf.serialization.SerializableConstructor<T>,
      config: tf.serialization.ConfigDict,
    ): T {
      return new cls(config);
    }
  };
}
