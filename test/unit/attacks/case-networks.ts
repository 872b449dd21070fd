import path from 'node:path';
import { checkNetwork } from '../../../src/core/attacks/evaluation/check-network';
import { Evaluator } from '../../../src/core/attacks/evaluation/evaluator';
import type { AttackOutcome } from '../../../src/core/attacks/evaluation/evaluation';
import type { NetworkCheck } from '../../../src/core/attacks/evaluation/attack-warnings';
import type { Victim } from '../../../src/core/attacks/base/victim';
import { gatherImages } from '../../../src/core/data/batch';
import type { ImageSource } from '../../../src/core/data/image-source';
import { readImageArrays } from '../../../src/core/data/image-arrays';
import type { Device } from '../../../src/core/engine/devices/device';
import { loadClassifier, victimOf } from '../../../src/core/attacking/classifier';
import { formats } from '../../../src/core/models/formats';
import { root } from '../../support/root';
import { named } from './named';

/** Small networks with known answers, and their images. */
const folder = path.join(root, 'test', 'reference', 'cases');

export interface CaseAttack {
  /** The first ones; by default all. */
  readonly count?: number;
  /** By default what the check of the network says. */
  readonly gradientInside?: boolean | undefined;
}

export interface CaseNetwork {
  readonly victim: Victim;
  readonly set: ImageSource;
  readonly check: Omit<NetworkCheck, 'randomness'>;
  /** Attacks images as an attack run does. */
  attack(parameters: object, options?: CaseAttack): Promise<AttackOutcome>;
  dispose(): void;
}

/** @param name of `NAME.onnx`; its images are `images.npy` and `labels.npy` of the same folder */
export async function openCase(
  device: Device,
  name: string,
  { images, labels }: { readonly images: string; readonly labels: string } = {
    images: 'x.npy',
    labels: 'y.npy',
  },
): Promise<CaseNetwork> {
  const classifier = await loadClassifier(formats, path.join(folder, `${name}.onnx`));
  const set = await readImageArrays(
    { images: path.join(folder, images), labels: path.join(folder, labels) },
    { shape: [null, null, classifier.spec.channels ?? null], classes: classifier.model.classes ?? 10 },
  );
  const victim = await victimOf(classifier, device, [set.height, set.width, set.channels]);
  if (!('logits' in victim)) throw new TypeError(`${name} has no gradients`);
  const all = Array.from({ length: set.count }, (_, n) => n);
  const check = await checkNetwork(victim, {
    images: await gatherImages(set, all),
    labels: set.labels,
  });
  return {
    victim,
    set,
    check,
    async attack(parameters, { count = set.count, gradientInside = check.gradientInside } = {}) {
      const evaluator = new Evaluator({ ...victim, gradientInside }, [named(parameters)], 64);
      try {
        const { attacks } = await evaluator.evaluate({
          set,
          indices: all.slice(0, count),
          seed: 0,
          signal: new AbortController().signal,
        });
        const [outcome] = attacks;
        if (!outcome) throw new RangeError('No attack was done.');
        return outcome;
      } finally {
        await evaluator.dispose();
      }
    },
    dispose: () => {
      classifier.model.dispose();
    },
  };
}
