import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import path from 'node:path';
import * as z from 'zod';
import type { ProgramInput } from '../../../src/core/engine/arrays/device-array';
import { traceProgram } from '../../../src/core/engine/compile/trace-program';
import type { Device } from '../../../src/core/engine/devices/device';
import { openDevice } from '../../../src/core/engine/devices/devices';
import { encodeOnnxModel } from '../../../src/core/engine/graph/onnx-model';
import type { Program } from '../../../src/core/engine/tracing/program';
import type { ResolvedExperiment } from '../../../src/core/experiment/experiment-schema';
import { runDirectory } from '../../../src/core/records/run-paths';
import { readExperiment, readRun } from '../../../src/core/runs/run-store';
import { trainRun } from '../../../src/core/training/train-run';
import { root as repository } from '../../support/root';
import { temporaryRoot, tinyDataset, tinyExperiment } from './tiny-task';

/** Runs that an older version wrote, and what it computed: replayed/README.md says how they were made. */
const stored = path.join(repository, 'test/unit/training/replayed');
const writes = process.env.M2AT_WRITE_REPLAYED === '1';

const experiments: Record<string, object> = {
  'small-cnn': {
    method: { name: 'm2at', steps: 2, stepSize: '4/255', labels: { policy: 'smooth' } },
    training: {
      epochs: 2,
      batchSize: 8,
      schedule: { name: 'cyclic', learningRate: 0.1 },
      augment: { crop: 1 },
    },
  },
  'preact-resnet': {
    model: { name: 'preact-resnet', blocks: [1, 1], width: 8 },
    method: { name: 'pgd-at', steps: 2, attackBatchNorm: 'eval' },
    training: {
      epochs: 2,
      batchSize: 8,
      nesterov: true,
      schedule: { name: 'cosine' },
      augment: { flip: false },
    },
  },
  'wide-resnet': {
    model: { name: 'wide-resnet', depth: 10, width: 1 },
    method: { name: 'standard' },
    training: { epochs: 2, batchSize: 8, momentum: 0, weightDecay: 0.01 },
  },
};

const EPOCH = 5;

/** Everything about a run that may not change. */
const numbers = z.object({
  /** SHA-256 of each program's graph, by its name, inputs and layout: these do not depend on the machine. */
  graphs: z.record(z.string(), z.string()),
  /** SHA-256 of what the host gave the programs of the first epoch, first weights included: nor does this. */
  inputs: z.string(),
  /** The metrics without times, and SHA-256 of the last weights. */
  rows: z.array(z.unknown()),
  weights: z.string(),
  /** What the rows and weights were computed on. */
  machine: z.string(),
});
type Numbers = z.output<typeof numbers>;

async function train(root: string, experiment: ResolvedExperiment): Promise<[string, Numbers]> {
  const device = await openDevice('onnx-cpu', { threads: 1 });
  const listening = new Listening(device);
  const { signal } = new AbortController();
  const resources = { dataset: tinyDataset(), device: listening.device };
  const record = await trainRun({ experiment, root, signal, onEvent: () => undefined, resources });
  await device.dispose();
  const last = path.join(runDirectory(root, record.id), 'checkpoints', 'last');
  const weights = (await readdir(last)).find((file) => file.startsWith('weights-'));
  assert.ok(weights);
  const { rows } = await readRun(root, record.id);
  return [
    record.id,
    {
      graphs: listening.graphs,
      inputs: listening.inputs.digest('hex'),
      rows: rows.map(withoutTimes),
      weights: createHash('sha256')
        .update(await readFile(path.join(last, weights)))
        .digest('hex'),
      machine: `${cpus()[0]?.model ?? '?'}, ${device.description}`,
    },
  ];
}

/** A device that notes which programs run on it, and what they are given. */
class Listening {
  readonly graphs: Record<string, string> = {};
  readonly inputs = createHash('sha256');
  private steps = 0;
  readonly device: Device;

  constructor(device: Device) {
    this.device = Object.assign(Object.create(device) as Device, {
      compile: (name: string, program: Program) => {
        const compiled = device.compile(name, program);
        return {
          name,
          run: (...inputs: ProgramInput[]) => {
            this.note(name, program, inputs);
            return compiled.run(...inputs);
          },
          runOnDevice: (...inputs: ProgramInput[]) => {
            this.note(name, program, inputs);
            return compiled.runOnDevice(...inputs);
          },
          dispose: () => compiled.dispose(),
        };
      },
    });
  }

  private note(name: string, program: Program, inputs: readonly ProgramInput[]): void {
    const signature = inputs.map(({ dtype, shape }) => ({ dtype, shape: [...shape] }));
    const key = `${name} ${signature.map(({ dtype, shape }) => `${dtype}[${shape.join()}]`).join(' ')}`;
    for (const block of [0, 8] as const) {
      const layout = `${key} ${block === 0 ? 'NCHW' : `NCHWc${block}`}`;
      if (layout in this.graphs) continue;
      const { graph, captured } = traceProgram(name, program, signature, { block, alignedRows: true });
      this.graphs[layout] = createHash('sha256').update(encodeOnnxModel(graph)).digest('hex');
      if (name === 'train-step' && block === 0)
        for (const { variable } of captured) this.inputs.update(variable.dataSync());
    }
    // What the evaluation after the first epoch gives depends on how the network answered.
    if (this.steps < EPOCH) for (const input of inputs) if ('data' in input) this.inputs.update(input.data);
    if (name === 'train-step') this.steps++;
  }
}

function withoutTimes(row: unknown): unknown {
  if (Array.isArray(row)) return row.map(withoutTimes);
  if (!isObject(row)) return row;
  const times = ['elapsedSeconds', 'imagesPerSecond', 'seconds', 'sum'];
  return Object.fromEntries(
    Object.entries(row).flatMap(([key, value]) => (times.includes(key) ? [] : [[key, withoutTimes(value)]])),
  );
}

/** Which row it is. */
function keyOf(row: unknown): string {
  return isObject(row) ? ['kind', 'step', 'final'].map((key) => row[key]).join(' ') : '';
}

function find(rows: readonly unknown[], like: unknown): unknown {
  return rows.find((row) => keyOf(row) === keyOf(like));
}

/** What `value` has of the keys that `like` has: newer versions may tell more. */
function ofKeys(value: unknown, like: unknown): unknown {
  if (Array.isArray(value) && Array.isArray(like)) {
    return value.map((each, i) => ofKeys(each, (like as unknown[])[i]));
  }
  if (!isObject(value) || !isObject(like)) return value;
  return Object.fromEntries(Object.keys(like).map((key) => [key, ofKeys(value[key], like[key])]));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

describe('a run directory of the version before', () => {
  for (const [name, changes] of Object.entries(experiments)) {
    const folder = path.join(stored, name);
    it(`gives its numbers: ${name}`, async () => {
      const root = await temporaryRoot();
      try {
        if (writes) {
          const [id, made] = await train(root, tinyExperiment({ ...changes, samples: { count: 0 } }));
          await mkdir(folder, { recursive: true });
          for (const file of ['experiment.json', 'metrics.jsonl', 'run.json'])
            await cp(path.join(runDirectory(root, id), file), path.join(folder, file));
          await writeFile(path.join(folder, 'numbers.json'), `${JSON.stringify(made, null, 2)}\n`);
          return;
        }
        await cp(folder, runDirectory(root, name), { recursive: true });
        const before = numbers.parse(JSON.parse(await readFile(path.join(folder, 'numbers.json'), 'utf8')));
        const [, now] = await train(root, await readExperiment(root, name));
        const graphs = new Set(Object.values(now.graphs));
        for (const [program, sum] of Object.entries(before.graphs))
          assert.ok(graphs.has(sum), `no program has the graph of ${program}`);
        assert.equal(now.inputs, before.inputs);
        // The same program on the same numbers rounds in another way on another processor.
        if (now.machine !== before.machine) return;
        // Which steps have a row follows the clock.
        const both = before.rows.filter((row) => keyOf(row).includes('evaluation') || find(now.rows, row));
        assert.ok(both.length >= 4);
        for (const row of both) assert.deepEqual(ofKeys(find(now.rows, row), row), row);
        assert.equal(now.weights, before.weights);
      } finally {
        await rm(root, { recursive: true, force: true });
      }
    });
  }
});
