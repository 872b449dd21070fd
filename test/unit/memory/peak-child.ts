import { readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { requestedAttack } from '../../../src/core/attacks/plan/attack-plan';
import { gatherImages } from '../../../src/core/data/batch';
import type { Dataset } from '../../../src/core/data/dataset';
import { memoryImages, type MemoryImages } from '../../../src/core/data/memory-images';
import { openDevice } from '../../../src/core/engine/devices/devices';
import { experimentSchemas } from '../../../src/core/experiment/experiment-schema';
import { builtIn } from '../../../src/core/registry/registry';
import { forward } from '../../../src/core/models/layers-model/forward';
import { loadLayersModel } from '../../../src/core/models/layers-model/layers-model-file';
import { modelParameters } from '../../../src/core/models/networks/model-schema';
import { Random } from '../../../src/core/random';
import { attackRun } from '../../../src/core/attacking/attack-run';
import type { RunEvent } from '../../../src/core/records/run-event';
import { runDirectory, runFile } from '../../../src/core/records/run-paths';
import { trainRun } from '../../../src/core/training/train-run';
import { attacks } from '../../../src/core/attacks';

/**
 * A process that trains a network, or attacks the one that such a process has trained, in the folder that it is started
 * in. Its last line is JSON: what it said that it would need, what its memory was at its peak, and the network's size.
 */
const task = z
  .discriminatedUnion('kind', [
    z.object({
      kind: z.literal('train'),
      model: modelParameters,
      batchSize: z.int(),
      steps: z.int(),
      count: z.int(),
    }),
    z.object({
      kind: z.literal('attack'),
      batchSize: z.int(),
      count: z.int(),
      attacks: z.array(requestedAttack(attacks)),
    }),
  ])
  .parse(JSON.parse(process.argv[2] ?? 'null'));

/** Where the first process leaves the folder of its network, and the classes that the network sees in the images. */
const handOver = 'trained.json';

let estimate: string | undefined;
const shared = {
  root: '.',
  signal: new AbortController().signal,
  onEvent: (_: string, event: RunEvent): void => {
    if (event.type === 'log') estimate ??= /^Memory: about ([\d.]+ [MG]B) at most/.exec(event.text)?.[1];
  },
};

function randomSet(split: string, count: number, seed: number): MemoryImages {
  const random = Random.keyed(seed, 'peak');
  return memoryImages({
    split,
    images: Uint8Array.from({ length: count * 32 * 32 * 3 }, () => random.int(256)),
    labels: Int32Array.from({ length: count }, (_, n) => n % 10),
    ...{ count, height: 32, width: 32, channels: 3 },
  });
}

function datasetOf(trainCount: number, testCount: number): Dataset {
  return {
    name: 'cifar10',
    classNames: '0123456789'.split(''),
    train: randomSet('train', trainCount, 1),
    test: randomSet('test', testCount, 2),
    normalization: { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] },
  };
}

/** VmHWM. */
function peak(): number {
  return 1024 * Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
}

function tell(weights: number): void {
  const [number = 'NaN', unit] = (estimate ?? '').split(' ');
  const bytes = Number(number) * (unit === 'GB' ? 1e9 : 1e6);
  console.log(JSON.stringify({ estimate: bytes, peak: peak(), weights }));
}

async function train({ model, batchSize, steps, count }: Extract<typeof task, { kind: 'train' }>) {
  const dataset = datasetOf(steps * batchSize, count);
  const experiment = experimentSchemas(builtIn).run.parse({
    ...{ dataset: { name: 'cifar10' }, model, device: 'onnx-cpu', threads: 0 },
    method: { name: 'm2at', steps: 2 },
    training: { epochs: 1, batchSize, schedule: { name: 'piecewise', learningRate: 0.01 } },
    evaluation: {
      during: { count, attacks: [{ name: 'pgd', steps: 2 }] },
      final: { count, attacks: [{ name: 'fgsm' }, { name: 'pgd', steps: 2 }] },
    },
    samples: { count: 4 },
  });
  const { id } = await trainRun({ ...shared, experiment, resources: { dataset } });
  const checkpoint = path.join(runDirectory('.', id), runFile.lastCheckpoint);
  const trained = (await loadLayersModel(path.join(checkpoint, 'model.json'))).model;
  tell(4 * trained.countParams());
  // Attacks leave out what is misclassified.
  const device = await openDevice('onnx-cpu', { threads: 0 });
  const program = device.compile('labels', (x) => [
    forward(trained, x, { batchNorm: 'eval', updateStatistics: false }),
  ]);
  const labels: number[] = [];
  for (let n = 0; n < count; n++) {
    const [logits] = await program.run(await gatherImages(dataset.test, [n]));
    const row = [...(logits?.data ?? [])].map(Number);
    labels.push(row.indexOf(Math.max(...row)));
  }
  await writeFile(handOver, JSON.stringify({ checkpoint, labels }));
}

async function attack({ batchSize, count, attacks }: Extract<typeof task, { kind: 'attack' }>) {
  const { checkpoint, labels } = z
    .object({ checkpoint: z.string(), labels: z.array(z.int()) })
    .parse(JSON.parse(await readFile(handOver, 'utf8')));
  const dataset = datasetOf(0, count);
  dataset.test.labels.set(labels.slice(0, count));
  await attackRun({
    ...shared,
    ...{ checkpoint, attacks, count, batchSize, seed: 0, device: 'onnx-cpu', threads: 0 },
    resources: { dataset },
  });
  tell(0);
}

void (task.kind === 'train' ? train(task) : attack(task));
