import * as tf from '@tensorflow/tfjs';
import { crossEntropy } from '../../attacks/base/cross-entropy';
import { readAndRelease } from '../../attacks/base/outputs';
import { difference } from '../difference';
import { createInnerAttack } from '../inner-attack';
import type { InnerAttackParameters } from '../inner-attack-parameters';
import type { CreateMethod } from '../method';
import { mixPairs } from '../mix-pairs';
import {
  adversarialColumn,
  amplifiedBy,
  cleanColumn,
  imageColumn,
  perturbationColumn,
} from '../preview-columns';
import { mostlyShown } from '../pair-columns';
import { mixedRows } from '../pairs';
import { pairsOfDraws, type IatDraws } from './draws';

/**
 * Interpolated adversarial training: half the cross-entropy of mixup on the clean images, and half that of mixup on their
 * PGD examples, each with its own lambda and partners. PGD attacks images and labels as they are before they are mixed.
 * Lamb, Verma, Kannala and Bengio, "Interpolated Adversarial Training: Achieving Robust Neural Networks without
 * Sacrificing Too Much Accuracy", 2019, arXiv 1906.06784.
 */
export const createIat: CreateMethod<InnerAttackParameters, IatDraws> = (network, parameters) => {
  const attack = createInnerAttack(network, parameters);
  return {
    async prepare(batch, signal) {
      const { clean, adversarial } = pairsOfDraws(batch.draws);
      const pairs = [clean, adversarial].flatMap(({ lambda, partner }) => [lambda, partner]);
      return [batch.images, await attack.run(batch, signal), batch.targets, ...pairs];
    },
    loss(network, images, perturbed, targets, cleanLambda, cleanPartner, lambda, partner) {
      const pass = (of: tf.Tensor, ...pairs: [tf.Tensor, tf.Tensor]) => {
        const answers = mixPairs(targets, ...pairs);
        const logits = network.forward(mixPairs(of, ...pairs), {
          batchNorm: 'train',
          updateStatistics: true,
        });
        return { answers, logits, loss: tf.mean(crossEntropy(logits, answers)) };
      };
      const clean = pass(images, cleanLambda, cleanPartner);
      const adversarial = pass(perturbed, lambda, partner);
      return {
        logits: adversarial.logits,
        answers: tf.argMax(adversarial.answers, -1),
        loss: tf.mul(tf.add(clean.loss, adversarial.loss), 0.5),
      };
    },
    async preview(batch, signal) {
      const { images, labels } = batch;
      const { clean, adversarial } = pairsOfDraws(batch.draws);
      const xAdv = await readAndRelease(await attack.run(batch, signal));
      const partnerClass = (partner: Int32Array): Float32Array =>
        Float32Array.from(partner, (n) => labels[n] ?? NaN);
      return {
        columns: [
          cleanColumn(images),
          perturbationColumn(difference(xAdv, images)),
          adversarialColumn(xAdv),
          {
            ...imageColumn('xMix', headings.clean, mixedRows(images, clean)),
            labels: mostlyShown(labels, clean),
          },
          {
            ...imageColumn('xAdvMix', headings.adversarial, mixedRows(xAdv, adversarial)),
            labels: mostlyShown(labels, adversarial),
          },
        ],
        facts: [
          { ...facts.cleanLambda, values: clean.lambda.data },
          { ...facts.cleanPartner, values: partnerClass(clean.partner.data) },
          { ...facts.lambda, values: adversarial.lambda.data },
          { ...facts.partner, values: partnerClass(adversarial.partner.data) },
        ],
        ...amplifiedBy(parameters),
      };
    },
    dispose: () => attack.dispose(),
  };
};

const headings = {
  clean: { title: 'λ·x + (1−λ)·x̃', symbol: 'xₘᵢₓ', name: 'mixed clean' },
  adversarial: { title: 'λ′·x′ + (1−λ′)·x̃′', symbol: 'x′ₘᵢₓ', name: 'mixed adversarial' },
} as const;

const facts = {
  cleanLambda: {
    name: 'Mixing coefficient, clean',
    symbol: 'λ',
    about: 'the share of x in the clean mixture',
  },
  cleanPartner: { name: 'Class of the clean partner', symbol: 'ỹ', format: 'class' },
  lambda: {
    name: 'Mixing coefficient, adversarial',
    symbol: 'λ′',
    about: 'the share of x′ in the other mixture',
  },
  partner: { name: 'Class of the adversarial partner', symbol: 'ỹ′', format: 'class' },
} as const;
