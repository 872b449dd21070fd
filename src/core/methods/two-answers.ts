import type * as tf from '@tensorflow/tfjs';
import { firstFloat32, readAndRelease } from '../attacks/base/outputs';
import { layersModelVictim } from '../attacks/base/victim';
import type { NdArray } from '../engine/arrays/nd-array';
import { difference } from './difference';
import type { InnerAttack } from './inner-attack';
import type { InnerAttackParameters, StartDraws } from './inner-attack-parameters';
import type { Method, MethodNetwork, Preview, PreviewFact, TrainedNetwork } from './method';
import { adversarialColumn, amplifiedBy, cleanColumn, perturbationColumn } from './preview-columns';
import { shownClasses } from './shown-classes';

/** A number of each image that is made of the answers on it and on its perturbed one, as it is shown. */
export interface AnswerFact extends Omit<PreviewFact, 'values'> {
  /** Inside of a program: [N] of both logits, and of what the images show, all [N, classes]. */
  readonly value: (clean: tf.Tensor, perturbed: tf.Tensor, classes: tf.Tensor) => tf.Tensor;
  /** What else is shown. Absent: nothing. */
  readonly more?: (
    images: NdArray<'float32'>,
    perturbed: NdArray<'float32'>,
  ) => Promise<Required<Pick<Preview, 'columns' | 'facts'>>>;
}

/** What methods share whose loss takes the images, what an attack made of them, and what the network is to answer. */
export function createTwoAnswers(
  network: MethodNetwork,
  parameters: Pick<InnerAttackParameters, 'norm' | 'epsilon'>,
  attack: InnerAttack,
  { value, more, ...fact }: AnswerFact,
): Pick<Method<StartDraws>, 'prepare' | 'preview' | 'dispose'> {
  const { device, model } = network;
  // As the predictions in the sample grid: with the moving statistics.
  const victim = layersModelVictim(device, model, 'eval');
  const answers = device.compile('answer-fact', (x, xAdv, classes) => [
    value(victim.logits(x), victim.logits(xAdv), classes),
  ]);
  return {
    prepare: async (batch, signal) => [batch.images, await attack.run(batch, signal), batch.targets],
    async preview(batch, signal) {
      const { images } = batch;
      const xAdv = await readAndRelease(await attack.run(batch, signal));
      const { data } = firstFloat32(await answers.run(images, xAdv, shownClasses(batch, network)));
      const others = await more?.(images, xAdv);
      const delta = difference(xAdv, images);
      return {
        columns: [
          ...[cleanColumn(images), perturbationColumn(delta), adversarialColumn(xAdv)],
          ...(others?.columns ?? []),
        ],
        facts: [{ ...fact, values: data }, ...(others?.facts ?? [])],
        ...amplifiedBy(parameters),
      };
    },
    async dispose() {
      await attack.dispose();
      await answers.dispose();
    },
  };
}

/** Logits [N, classes] in a pass with the statistics of the batch, which moves BatchNorm's. */
export function trainingAnswer(network: TrainedNetwork, images: tf.Tensor): tf.Tensor {
  return network.forward(images, { batchNorm: 'train', updateStatistics: true });
}
