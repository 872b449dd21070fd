import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import * as tf from '@tensorflow/tfjs';
import { defineDataset, imageParameters } from '../../../src/core/data/define-dataset';
import { poolStatistics } from '../../../src/core/engine/devices/onnx-device';
import { trainJob } from '../../../src/core/jobs/train-job';
import { builtIn } from '../../../src/core/registry/registry';
import { temporaryRoot, tinyDataset } from '../training/tiny-task';

/** What may stay of six runs, in bytes: a run's own garbage is more than a megabyte. */
const SLACK = 3 * 2 ** 20;

describe('a group of many runs', () => {
  const { classNames, normalization } = tinyDataset();
  const counts = { train: 40, test: 12 };
  const tiny = defineDataset({
    name: 'tiny',
    title: 'Tiny',
    facts: { classNames, counts, height: 8, width: 8, channels: 3, normalization },
    parameters: imageParameters('tiny', counts, 'None is needed.'),
    open: () => Promise.resolve(tinyDataset()),
  });

  it('holds after eight what it held after two', async function () {
    this.timeout(60_000);
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const root = await temporaryRoot();
    try {
      const file = path.join(root, 'long.m2at.json');
      const attacks = [{ name: 'pgd', steps: 2 }];
      const experiment = {
        device: 'onnx-cpu',
        dataset: { name: 'tiny' },
        model: { name: 'small-cnn', widths: [4, 4, 4, 4], hidden: 4 },
        method: { name: 'm2at', steps: 1, stepSize: '8/255' },
        training: { epochs: 1, batchSize: 8, schedule: { name: 'cyclic' } },
        evaluation: { during: { count: 4, attacks: [] }, final: { count: 4, attacks } },
        samples: { count: 0 },
        sweep: { seeds: 9 },
      };
      await writeFile(file, JSON.stringify(experiment));
      // As each run begins: what those before it have left.
      const held: { tensors: number; sessions: number; heap: number }[] = [];
      const begun = new Set<string>();
      const records = await trainJob({
        ...{ file, root, signal: new AbortController().signal },
        registry: { ...builtIn, datasets: [tiny, ...builtIn.datasets] },
        onEvent: (run, { type }) => {
          if (type !== 'record' || begun.has(run)) return;
          begun.add(run);
          collect();
          const { heapUsed: heap } = process.memoryUsage();
          held.push({ tensors: tf.memory().numTensors, sessions: poolStatistics().sessions, heap });
        },
      });
      assert.ok(records.every(({ status }) => status === 'done'));
      const [, , two, , , , , , eight] = held;
      assert.ok(two && eight);
      assert.deepEqual([eight.tensors, eight.sessions], [two.tensors, two.sessions]);
      assert.ok(eight.heap - two.heap < SLACK, `${eight.heap - two.heap} bytes more`);
    } finally {
      await rm(root, { recursive: true });
    }
  });
});
