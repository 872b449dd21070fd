import * as tf from '@tensorflow/tfjs';

/**
 * The name of TF.js's current backend, to come back to after a switch. In a fresh process TF.js has none and would
 * look for WebGL at first use; `cpu`, the home of every variable, is made the current one then. Production mode
 * keeps TF.js from printing an advertisement for its native backend.
 */
export function currentBackend(): string {
  if (!tf.getBackend()) {
    tf.enableProdMode();
    void tf.setBackend('cpu');
  }
  return tf.getBackend();
}
