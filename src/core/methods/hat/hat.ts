import * as tf from '@tensorflow/tfjs';
import { crossEntropy } from '../../attacks/base/cross-entropy';
import { firstFloat32, firstOnDevice, float32Output } from '../../attacks/base/outputs';
import { releaseArray } from '../../engine/arrays/device-array';
import { createAnswerAttack } from '../answer-attack';
import type { StartDraws } from '../inner-attack-parameters';
import { klDivergence, klFact } from '../kl-divergence';
import type { CreateMethod } from '../method';
import { imageColumn } from '../preview-columns';
import { createTwoAnswers, trainingAnswer } from '../two-answers';
import type { HatParameters } from './definition';
import { loadHelper } from './load-helper';

/**
 * HAT: TRADES, and `gamma` times the cross-entropy of helper images x + h * (x' - x), which a standard-trained network has
 * labelled on x'. Rade and Moosavi-Dezfooli, "Reducing Excessive Margin to Achieve a Better Accuracy vs. Robustness
 * Trade-off", ICLR 2022.
 */
export const createHat: CreateMethod<HatParameters, StartDraws> = async (network, parameters) => {
  const { device, classes } = network;
  const { beta, gamma, h } = parameters;
  const helper = await loadHelper(parameters.helper, network);
  const labelOf = (xAdv: tf.Tensor): tf.Tensor => tf.argMax(helper.logits(xAdv), -1);
  const label = device.compile('helper-label', (xAdv) => [
    tf.cast(tf.oneHot(tf.cast(labelOf(xAdv), 'int32'), classes), 'float32'),
  ]);
  const beyond = (x: tf.Tensor, xAdv: tf.Tensor): tf.Tensor => tf.add(x, tf.mul(tf.sub(xAdv, x), h));
  const shown = device.compile('helper-preview', (x, xAdv) => [
    tf.clipByValue(beyond(x, xAdv), 0, 1),
    tf.cast(labelOf(xAdv), 'float32'),
  ]);
  const base = createTwoAnswers(network, parameters, createAnswerAttack(network, parameters), {
    ...klFact,
    more: async (x, xAdv) => {
      const outputs = await shown.run(x, xAdv);
      return {
        columns: [imageColumn('xHelp', helperHeading, firstFloat32(outputs))],
        facts: [{ ...helperFact, values: float32Output(outputs, 1).data }],
      };
    },
  });
  return {
    ...base,
    async prepare(batch, signal) {
      const inputs = await base.prepare(batch, signal);
      try {
        const [, xAdv] = inputs;
        return xAdv ? [...inputs, firstOnDevice(await label.runOnDevice(xAdv))] : inputs;
      } catch (error) {
        inputs.forEach(releaseArray);
        throw error;
      }
    },
    loss(trained, x, xAdv, targets, helperLabels) {
      const logits = trainingAnswer(trained, x);
      const apart = klDivergence(logits, trainingAnswer(trained, xAdv));
      const helped = crossEntropy(trainingAnswer(trained, beyond(x, xAdv)), helperLabels);
      const extra = tf.add(tf.mul(apart, beta), tf.mul(helped, gamma));
      return { logits, loss: tf.mean(tf.add(crossEntropy(logits, targets), extra)) };
    },
    async dispose() {
      await base.dispose();
      await label.dispose();
      await shown.dispose();
      helper.dispose();
    },
  };
};

const helperHeading = {
  title: 'x + h·δ',
  symbol: 'xₕ',
  name: 'helper',
  about: 'beyond the adversarial image; clipped here, but not in training',
} as const;
const helperFact = {
  name: "Helper's label",
  symbol: 'yₕ',
  about: 'what the standard-trained network sees in x + δ',
  format: 'class',
} as const;
