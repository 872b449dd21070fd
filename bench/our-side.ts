import type * as tf from '@tensorflow/tfjs';
import type { Attack, LabelledImages } from '../src/core/attacks/base/attack';
import { layersModelVictim } from '../src/core/attacks/base/victim';
import { firstFloat32 } from '../src/core/attacks/base/outputs';
import { emptyPool } from '../src/core/attacks/base/start-pool';
import type { CompiledProgram, Device } from '../src/core/engine/devices/device';
import { releaseArray } from '../src/core/engine/arrays/device-array';
import { float32, sizeOf } from '../src/core/engine/arrays/nd-array';
import { createModel } from '../src/core/models/networks/create-model';
import { forward } from '../src/core/models/layers-model/forward';
import type { ModelParameters } from '../src/core/models/networks/model-schema';
import { Random } from '../src/core/random';
import { CLASSES, NORMALIZATION, randomImages, SIDE } from './our-data';
import { OurTraining } from './our-training';
import { EPOCH_BATCHES, type BenchTask, type Clock } from './tasks';
import { bound } from '../test/unit/attacks/named';

/**
 * This project's side of the benchmark: the product's own trainer, methods and attack on random images. What a task
 * needs is made when it is first timed.
 */
export class OurSide {
  readonly model: tf.LayersModel;
  readonly batch: LabelledImages;
  private readonly signal = new AbortController().signal;
  private readonly trainings = new Map<string, OurTraining>();
  private attack: Attack | undefined;
  private epochs: OurTraining | undefined;
  private classifier: CompiledProgram | undefined;
  private runs = 0;

  constructor(
    private readonly device: Device,
    network: ModelParameters,
    batch: number,
  ) {
    this.model = createModel(network, {
      inputShape: [SIDE, SIDE, 3],
      classes: CLASSES,
      seed: 0,
      normalization: NORMALIZATION,
    });
    const set = randomImages(batch);
    const pixels = Float32Array.from(set.images, (value) => value / 255);
    this.batch = { images: float32(pixels, [batch, SIDE, SIDE, 3]), labels: set.labels };
  }

  /** The number of trainable parameters. */
  get parameters(): number {
    return this.model.trainableWeights.reduce((sum, { shape }) => sum + sizeOf(sizesOf(shape)), 0);
  }

  /** Floating-point operations of the convolutions and dense layers in one forward pass of the batch, in direct form. */
  get forwardFlops(): number {
    const products = this.model.layers.filter((layer) => ['Conv2D', 'Dense'].includes(layer.getClassName()));
    return products.reduce((sum, layer) => {
      const kernel = sizesOf(layer.weights[0]?.shape ?? []);
      const output = [layer.outputShape].flat(2);
      // Every output takes the whole kernel of its channel: the kernel without its last axis.
      const perOutput = sizeOf(kernel.slice(0, -1));
      return sum + 2 * this.batch.labels.length * sizeOf(sizesOf(output.slice(1))) * perOutput;
    }, 0);
  }

  /** Runs the task once. @returns milliseconds */
  async time(task: BenchTask, clock: Clock = 'wall'): Promise<number> {
    const [start, used] = [performance.now(), process.cpuUsage()];
    await this.run(task);
    if (clock === 'wall') return performance.now() - start;
    const { user, system } = process.cpuUsage(used);
    return (user + system) / 1000;
  }

  /** One step of a method on the batch. @returns its loss before the update */
  async step(method: string): Promise<number> {
    let training = this.trainings.get(method);
    if (!training) {
      training = await OurTraining.onOneBatch(this.device, this.model, method, this.batch);
      this.trainings.set(method, training);
    }
    return training.step();
  }

  /** Logits of the batch in eval mode, row by row. */
  async logits(): Promise<Float32Array> {
    this.classifier ??= this.device.compile('logits', (images) => [
      forward(this.model, images, { batchNorm: 'eval', updateStatistics: false }),
    ]);
    return firstFloat32(await this.classifier.run(this.batch.images)).data;
  }

  async dispose(): Promise<void> {
    await Promise.all([...this.trainings.values()].map((training) => training.dispose()));
    await this.epochs?.dispose();
    await this.attack?.dispose();
    await this.classifier?.dispose();
    this.model.dispose();
  }

  private async run(task: BenchTask): Promise<void> {
    switch (task) {
      case 'sgd-step': {
        await this.step('standard');
        return;
      }
      case 'pgd-20': {
        await this.pgd20();
        return;
      }
      case 'clean-epoch': {
        this.epochs ??= await OurTraining.onManyBatches(this.device, this.model, this.batch.labels.length);
        for (let step = 0; step < EPOCH_BATCHES; step++) await this.epochs.step();
        return;
      }
      case 'forward': {
        await this.logits();
        return;
      }
      default:
        await this.step(task.slice(0, -'-step'.length));
    }
  }

  private async pgd20(): Promise<void> {
    const victim = layersModelVictim(this.device, this.model, 'eval');
    this.attack ??= await bound(victim, { name: 'pgd', steps: 20 });
    const run = this.runs++;
    const streams = Array.from(this.batch.labels, (_, n) => Random.keyed(0, 'pgd-20', run, n));
    const startPool = () => Promise.resolve(emptyPool);
    releaseArray(await this.attack.perturb(this.batch, { streams, startPool, signal: this.signal }));
  }
}

function sizesOf(shape: readonly (number | null)[]): number[] {
  return shape.map((size) => size ?? 1);
}
