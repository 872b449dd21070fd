import type * as tf from '@tensorflow/tfjs';
import { firstFloat32 } from '../attacks/base/outputs';
import { layersModelVictim } from '../attacks/base/victim';
import type { NdArray } from '../engine/arrays/nd-array';
import type { MethodNetwork, PreviewFact } from './method';

/** A number that is made of what the network, with its moving statistics, answers on an image and on its perturbed one. */
export interface AnswerFact {
  of(images: NdArray<'float32'>, perturbed: NdArray<'float32'>): Promise<PreviewFact>;
  dispose(): Promise<void>;
}

/** @param value of logits of both, [N, classes]: [N] */
export function createAnswerFact(
  { device, model }: MethodNetwork,
  fact: Omit<PreviewFact, 'values'>,
  value: (clean: tf.Tensor, perturbed: tf.Tensor) => tf.Tensor,
): AnswerFact {
  const victim = layersModelVictim(device, model, 'eval');
  const program = device.compile('answer-fact', (x, xAdv) => [value(victim.logits(x), victim.logits(xAdv))]);
  return {
    async of(images, perturbed) {
      const { data } = firstFloat32(await program.run(images, perturbed));
      // A copy: the next run may overwrite it.
      return { ...fact, values: data.slice() };
    },
    dispose: () => program.dispose(),
  };
}
