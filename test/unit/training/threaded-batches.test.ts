import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ImageSource } from '../../../src/core/data/image-source';
import { memoryImages } from '../../../src/core/data/memory-images';
import { M2atError } from '../../../src/core/errors';
import { methods } from '../../../src/core/methods';
import { chooseMethod, chosenOptions } from '../../../src/core/methods/choose-method';
import { options } from '../../../src/core/methods/options';
import { oneOf } from '../../../src/core/named-schema';
import { ThreadedBatches } from '../../../src/core/training/threaded-batches';
import { TrainingBatches, type BatchPlan } from '../../../src/core/training/training-batches';
import { tinyDataset } from './tiny-task';

const set = tinyDataset(40).train;
const planFor = (method: object, given: Readonly<Record<string, unknown>> = {}): BatchPlan => ({
  batchSize: 8,
  stepsPerEpoch: 5,
  steps: 12,
  seed: 7,
  classes: 3,
  augment: { crop: 2, flip: true },
  method: oneOf(methods).parse(method),
  meanColour: [0.2, 0.5, 0.7],
  options: given,
});

const failed =
  (what: RegExp) =>
  (error: unknown): boolean =>
    error instanceof M2atError && error.code === 'internal' && what.test(error.message);

describe('batches from a thread', () => {
  let opened: ThreadedBatches[] = [];
  const start = async (
    plan: BatchPlan,
    file?: string,
    images: ImageSource = set,
  ): Promise<ThreadedBatches> => {
    const batches = await ThreadedBatches.start(images, plan, file);
    opened.push(batches);
    return batches;
  };
  afterEach(async () => {
    for (const batches of opened) await batches.dispose();
    opened = [];
  });

  for (const { options: given = {}, ...method } of [
    { name: 'standard' },
    { name: 'pgd-at', randomStart: false },
    { name: 'm2at', mask: { shape: 'grid' }, labels: { policy: 'smooth' } },
    { name: 'standard', options: { mixup: { lambdaPer: 'image' }, cutout: { size: 4 } } },
    { name: 'pgd-at', options: { cutmix: { probability: 0.7 }, epsilonWarmup: 0.9 } },
  ]) {
    it(`are the batches that the main thread makes: ${[method.name, ...Object.keys(given)].join(', ')}`, async () => {
      const plan = planFor(method, given);
      const chosen = chooseMethod(methods, plan.method, chosenOptions(options, given));
      const inline = new TrainingBatches(set, plan, chosen);
      const threaded = await start(plan);
      for (let step = 0; step < plan.steps; step++) {
        assert.deepEqual(await threaded.at(step), await inline.at(step), `step ${step}`);
      }
    });
  }

  it('can begin anywhere, as a resumed run does, and go back', async () => {
    const plan = planFor({ name: 'm2at' });
    const inline = new TrainingBatches(set, plan, chooseMethod(methods, plan.method));
    const threaded = await start(plan);
    for (const step of [7, 8, 8, 3, 11, 0]) {
      assert.deepEqual(await threaded.at(step), await inline.at(step), `step ${step}`);
    }
  });

  it('tell what went wrong in the thread, to every step after it', async () => {
    const threaded = await start({ ...planFor({ name: 'standard' }), classes: 2 });
    await assert.rejects(threaded.at(0), failed(/thread that prepares batches failed: label 2 at \d/));
    await assert.rejects(threaded.at(1), failed(/label 2 at/));
  });

  it('say why the thread could not start', async () => {
    await assert.rejects(
      start(planFor({ name: 'standard' }), path.resolve('no-such.js')),
      failed(/no-such\.js/),
    );
    const lost = memoryImages({ ...set, count: 0.5 });
    await assert.rejects(start(planFor({ name: 'standard' }), undefined, lost), failed(/count/));
  });

  it('notice that the thread ended, at once or later', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'm2at-test-'));
    const file = path.join(folder, 'ends.js');
    await writeFile(file, 'process.exit(3);');
    await assert.rejects(start(planFor({ name: 'standard' }), file), failed(/at once with exit code 3/));
    await writeFile(
      file,
      `const { parentPort } = require('node:worker_threads');
       parentPort.on('message', () => process.exit(4));
       parentPort.postMessage({ type: 'ready' });`,
    );
    const threaded = await start(planFor({ name: 'standard' }), file);
    await assert.rejects(threaded.at(0), failed(/by itself with exit code 4/));
    await rm(folder, { recursive: true });
  });

  it('are asked for in order, and only as many ahead as the source wants', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'm2at-test-'));
    const file = path.join(folder, 'tells.js');
    // In place of a batch it tells which steps it was asked for so far.
    await writeFile(
      file,
      `const { parentPort } = require('node:worker_threads');
       const steps = [];
       parentPort.on('message', (step) => {
         steps.push(step);
         parentPort.postMessage({ type: 'failed', step, problem: { code: 'data', what: steps.join() } });
       });
       parentPort.postMessage({ type: 'ready' });`,
    );
    const asked = async (ahead: number | undefined, steps: readonly number[]): Promise<string[]> => {
      const threaded = await start(planFor({ name: 'standard' }), file, { ...set, ahead });
      const told: string[] = [];
      for (const step of steps) {
        await threaded.at(step).catch((error: unknown) => {
          assert.ok(error instanceof M2atError && error.code === 'data', String(error));
          told.push(error.what);
        });
      }
      return told;
    };
    assert.deepEqual(await asked(undefined, [0, 1, 11]), ['0', '0,1', '0,1,2,11']);
    assert.deepEqual(await asked(3, [0, 1, 2, 11]), ['0', '0,1', '0,1,2', '0,1,2,3,4,5,11']);
    assert.deepEqual(await asked(3, [10]), ['10']);
    await rm(folder, { recursive: true });
  });

  it('end with dispose, also while a batch is awaited', async () => {
    const threaded = await start(planFor({ name: 'standard' }));
    const asked = threaded.at(0);
    await Promise.all([threaded.dispose(), assert.rejects(asked, failed(/is closed/))]);
    await assert.rejects(threaded.at(1), failed(/is closed/));
  });
});
