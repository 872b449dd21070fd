import * as tf from '@tensorflow/tfjs';
import { firstFloat32 } from '../../src/core/attacks/base/outputs';
import { smallerBatches } from '../../src/core/attacks/base/batch-rows';
import { Evaluator } from '../../src/core/attacks/evaluation/evaluator';
import type { ResolvedAttack } from '../../src/core/attacks/plan/resolve-attack';
import type { ForwardVictim } from '../../src/core/attacks/base/forward-victim';
import type { Victim } from '../../src/core/attacks/base/victim';
import type { ImageSource } from '../../src/core/data/image-source';
import type { Device } from '../../src/core/engine/devices/device';
import { float32 } from '../../src/core/engine/arrays/nd-array';
import { drawNormal, NoiseSource, withNoise } from '../../src/core/engine/ops/noise';
import { loadClassifier, victimOf, type Classifier } from '../../src/core/attacking/classifier';
import { formats } from '../../src/core/models/formats';
import type { AttackRun, AutoAttackTask, PgdTask } from './attack-task';
import { named, planned } from '../../test/unit/attacks/named';

/** This project's side: the product's own evaluation, as `m2at attack` runs it, without the run directory. */
export class OurAttacks {
  private constructor(
    private readonly classifier: Classifier,
    private readonly victim: Victim | ForwardVictim,
    private readonly set: ImageSource,
  ) {}

  static async open(device: Device, onnx: string, set: ImageSource): Promise<OurAttacks> {
    const classifier = await loadClassifier(formats, onnx);
    const victim = await victimOf(classifier, device, [set.height, set.width, set.channels]);
    return new OurAttacks(classifier, victim, set);
  }

  autoAttack(task: AutoAttackTask): Promise<AttackRun> {
    const { norm, epsilon, version, noise, members, queries, seed, batch } = task;
    const { attacks } = planned([{ name: 'autoattack', version, norm, epsilon }]);
    const asked = attacks
      .filter(({ definition: { name } }) => members === null || members.includes(name))
      .map(({ parameters }) => named(parameters.name === 'square' ? { ...parameters, queries } : parameters));
    return this.run(asked, { seed, batch }, noise > 0 ? noisy(this.victim, noise, seed) : this.victim);
  }

  pgd({ epsilon, step, steps, start, seed, batch }: PgdTask): Promise<AttackRun> {
    const request = { name: 'pgd', epsilon, stepSize: step, steps, randomStart: start === 'random' };
    return this.run([named(request)], { seed, batch });
  }

  /** Logits of the images, row by row. */
  async logits(images: Float32Array): Promise<Float32Array> {
    const { victim } = this;
    if ('scores' in victim) throw new Error('The network has no gradient.');
    const program = victim.device.compile('logits', (x) => [victim.logits(x)]);
    const { count, height, width, channels } = this.set;
    const answer = firstFloat32(await program.run(float32(images, [count, height, width, channels])));
    const values = answer.data.slice();
    await program.dispose();
    return values;
  }

  dispose(): void {
    this.classifier.model.dispose();
  }

  /** Programs are compiled in here: that is part of what a user waits for. */
  private async run(
    attacks: readonly ResolvedAttack[],
    { seed, batch }: { seed: number; batch: number },
    victim = this.victim,
  ): Promise<AttackRun> {
    const start = performance.now();
    const evaluator = new Evaluator(victim, attacks, batch, {
      groups: attacks.map(() => 0),
      smaller: smallerBatches(batch),
    });
    try {
      const evaluation = await evaluator.evaluate({
        set: this.set,
        indices: Array.from({ length: this.set.count }, (_, n) => n),
        seed,
        signal: new AbortController().signal,
      });
      const seconds = (performance.now() - start) / 1000;
      const outcomes = evaluation.attacks.map(({ parameters, seconds: taken, robustAccuracy }) => ({
        name: parameters.name,
        seconds: taken,
        robust: Math.round(robustAccuracy * this.set.count),
      }));
      const last = evaluation.attacks.at(-1);
      const robust = (last?.images ?? []).map(({ label, cleanPrediction, broken }): 0 | 1 =>
        cleanPrediction === label && !broken ? 1 : 0,
      );
      return { seconds, members: outcomes, robust };
    } finally {
      await evaluator.dispose();
    }
  }
}

/** The same network with normal noise on its images. */
function noisy(victim: Victim | ForwardVictim, deviation: number, seed: number): Victim {
  if ('scores' in victim) throw new Error('The network has no gradient.');
  const source = new NoiseSource(seed);
  return {
    ...victim,
    random: true,
    logits: (x) => withNoise(source, () => victim.logits(tf.add(x, drawNormal(x.shape, 0, deviation)))),
  };
}
