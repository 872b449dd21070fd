import type * as tf from '@tensorflow/tfjs';
import { createAttack } from '../src/core/attacks/create-attack';
import type { Attack, LabelledImages } from '../src/core/attacks/attack';
import { resolveAttack } from '../src/core/attacks/resolve-attack';
import { attackParameters } from '../src/core/attacks/attack-schema';
import { layersModelVictim } from '../src/core/attacks/victim';
import type { Device } from '../src/core/engine/device';
import { float32 } from '../src/core/engine/nd-array';
import { createMethod } from '../src/core/methods/create-method';
import type { Method } from '../src/core/methods/method';
import { methodParameters } from '../src/core/methods/method-schema';
import { createModel } from '../src/core/models/create-model';
import type { ModelParameters } from '../src/core/models/model-schema';
import { Random } from '../src/core/random';
import { TrainStep } from '../src/core/training/train-step';
import type { TorchTask } from './torch-peer';

const CLASSES = 10;
const SIDE = 32;

/** This project's side of the benchmark: the product's own method, attack and training step on random images. */
export class OurSide {
  private readonly model: tf.LayersModel;
  private readonly method: Method;
  private readonly step: TrainStep;
  private readonly attack: Attack;
  private readonly batch: LabelledImages;
  private runs = 0;
  private readonly signal = new AbortController().signal;

  constructor(device: Device, network: ModelParameters, batch: number) {
    this.model = createModel(network, {
      inputShape: [SIDE, SIDE, 3],
      classes: CLASSES,
      seed: 0,
      normalization: { mean: [0.4914, 0.4822, 0.4465], std: [0.247, 0.2435, 0.2616] },
    });
    const model = this.model;
    this.method = createMethod({ device, model, classes: CLASSES }, methodParameters.parse({ name: 'm2at' }));
    this.step = new TrainStep(device, model, { momentum: 0.9, nesterov: false, weightDecay: 5e-4 });
    const pgd20 = resolveAttack(attackParameters.parse({ name: 'pgd', steps: 20 }));
    this.attack = createAttack(layersModelVictim(device, model, 'eval'), pgd20);
    const random = Random.keyed(0, 'bench');
    const images = new Float32Array(batch * SIDE * SIDE * 3);
    random.fillUniform(images, 0, 1);
    this.batch = {
      images: float32(images, [batch, SIDE, SIDE, 3]),
      labels: Int32Array.from({ length: batch }, () => random.int(CLASSES)),
    };
  }

  get parameters(): number {
    return this.model.trainableWeights.reduce(
      (sum, { shape }) => sum + shape.reduce<number>((a, b) => a * (b ?? 1), 1),
      0,
    );
  }

  /** Runs the task once. @returns wall milliseconds */
  async time(task: TorchTask): Promise<number> {
    const run = this.runs++;
    const start = performance.now();
    if (task === 'm2at-step') {
      const random = (purpose: string): Random => Random.keyed(0, purpose, run);
      const prepared = await this.method.prepare(this.batch, { random, signal: this.signal });
      await this.step.run(prepared, this.batch.labels, 0.01);
    } else {
      await this.attack.perturb(this.batch, { random: Random.keyed(0, task, run), signal: this.signal });
    }
    return performance.now() - start;
  }

  async dispose(): Promise<void> {
    await this.method.dispose();
    await this.step.dispose();
    await this.attack.dispose();
  }
}
