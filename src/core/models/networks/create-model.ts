import * as tf from '@tensorflow/tfjs';
import type { Normalization } from '../../data/dataset';
import { M2atError } from '../../errors';
import { initializeHeNormal } from './initialize';
import { normalizeInput } from './layers';
import {
  modelParameters,
  usualStem,
  type CompleteModelParameters,
  type ModelParameters,
  type Sized,
} from './model-schema';
import { preActResNet } from './preact-resnet';
import { resNet } from './resnet';
import { smallCnn } from './small-cnn';
import { wideResNet } from './wide-resnet';

export interface ModelContext {
  /** Height, width, channels. */
  readonly inputShape: readonly [number, number, number];
  readonly classes: number;
  readonly seed: number;
  readonly normalization: Normalization;
}

/**
 * A new network with seeded weights: images [N, H, W, C] in [0, 1] to logits [N, classes]. The normalisation is
 * its first layer.
 * @throws M2atError `bad-input` when the images are too small for its pooling
 */
export function createModel(
  parameters: ModelParameters,
  { inputShape, classes, seed, normalization }: ModelContext,
): tf.LayersModel {
  const parsed = modelParameters.parse(parameters);
  const p = { ...parsed, stem: parsed.stem ?? usualStem(inputShape[0], inputShape[1]) };
  const halvings = halvingsOf(p);
  if (Math.min(inputShape[0], inputShape[1]) < 2 ** halvings) {
    throw new M2atError(
      'bad-input',
      `images of ${inputShape[0]} x ${inputShape[1]} are too small: ${p.name} halves them ${halvings} times`,
      { where: 'model' },
    );
  }
  const input = tf.input({ shape: [...inputShape], name: 'image' });
  const x = normalizeInput(input, normalization);
  const logits = build(x, p, classes);
  const model = tf.model({ inputs: input, outputs: logits, name: p.name.replaceAll('-', '_') });
  initializeHeNormal(model, seed, new Set(['logits']));
  return model;
}

/** How often the network halves the size of its images. */
function halvingsOf(p: Sized<CompleteModelParameters>): number {
  const byStem = { '3x3': 0, '3x3-stride-2': 1, '7x7-pool': 2 }[p.stem];
  switch (p.name) {
    case 'small-cnn':
      return byStem + 3;
    case 'preact-resnet':
    case 'resnet':
      return byStem + p.blocks.length - 1;
    case 'wide-resnet':
      return byStem + 2;
  }
}

function build(x: tf.SymbolicTensor, p: Sized<CompleteModelParameters>, classes: number): tf.SymbolicTensor {
  switch (p.name) {
    case 'small-cnn':
      return smallCnn(x, p, classes);
    case 'preact-resnet':
      return preActResNet(x, p, classes);
    case 'resnet':
      return resNet(x, p, classes);
    case 'wide-resnet':
      return wideResNet(x, p, classes);
  }
}
