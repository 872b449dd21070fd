import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Dataset } from '../../../src/core/data/dataset';
import { memoryImages, type MemoryImages } from '../../../src/core/data/memory-images';
import type { CompiledProgram, Device } from '../../../src/core/engine/devices/device';
import { experimentSchemas, type ResolvedExperiment } from '../../../src/core/experiment/experiment-schema';
import { builtIn } from '../../../src/core/registry/registry';
import { Random } from '../../../src/core/random';

const SIDE = 8;

interface TinyDataset extends Dataset {
  readonly train: MemoryImages<Uint8Array>;
  readonly test: MemoryImages<Uint8Array>;
}

/** Three classes that a network can tell apart: the brightest channel is the class. */
export function tinyDataset(trainCount = 40, testCount = 12): TinyDataset {
  return {
    name: 'cifar10',
    classNames: ['red', 'green', 'blue'],
    train: tinySet('train', trainCount, 1),
    test: tinySet('test', testCount, 2),
    normalization: { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] },
  };
}

function tinySet(split: string, count: number, seed: number): MemoryImages<Uint8Array> {
  const random = Random.keyed(seed, 'tiny-set');
  const labels = Int32Array.from({ length: count }, (_, n) => n % 3);
  const images = Uint8Array.from({ length: count * SIDE * SIDE * 3 }, (_, i) => {
    const label = labels[Math.floor(i / (SIDE * SIDE * 3))];
    return random.int(150) + (i % 3 === label ? 105 : 0);
  });
  return memoryImages({ split, images, labels, count, height: SIDE, width: SIDE, channels: 3 });
}

/** Small enough for TF.js's own kernels: 5 steps an epoch. */
export function tinyExperiment(changes: object = {}): ResolvedExperiment {
  return experimentSchemas(builtIn).run.parse({
    name: 'tiny',
    seed: 3,
    dataset: { name: 'cifar10' },
    model: { name: 'small-cnn', widths: [4, 4, 4, 8], hidden: 8 },
    method: { name: 'm2at', steps: 1, stepSize: '8/255' },
    training: {
      epochs: 2,
      batchSize: 8,
      schedule: { name: 'cyclic', learningRate: 0.1 },
      augment: { crop: 1 },
    },
    evaluation: {
      during: { count: 6, attacks: [{ name: 'pgd', steps: 2 }] },
      final: { count: 12, attacks: [{ name: 'fgsm' }, { name: 'pgd', steps: 3 }] },
    },
    samples: { count: 4, everySteps: 4 },
    ...changes,
  });
}

export function temporaryRoot(): Promise<string> {
  return mkdtemp(path.join(tmpdir(), 'm2at-test-'));
}

/** A real device that also tells before each run of a program, so that a test can act at an exact moment. */
export function observed(device: Device, onRun: (program: string, count: number) => void): Device {
  const counts = new Map<string, number>();
  const tell = (name: string): void => {
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    onRun(name, count);
  };
  return {
    name: device.name,
    description: device.description,
    details: device.details,
    fallbacks: () => device.fallbacks(),
    compile(name, program): CompiledProgram {
      const compiled = device.compile(name, program);
      return {
        name,
        async run(...inputs) {
          tell(name);
          return compiled.run(...inputs);
        },
        async runOnDevice(...inputs) {
          tell(name);
          return compiled.runOnDevice(...inputs);
        },
        dispose: () => compiled.dispose(),
      };
    },
    synchronize: () => device.synchronize(),
    dispose: () => device.dispose(),
  };
}
