import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import type { Device } from '../../../src/core/engine/devices/device';
import { openDevice } from '../../../src/core/engine/devices/devices';
import type { RunRecord } from '../../../src/core/records/run-files';
import { readRun } from '../../../src/core/runs/run-store';
import { trainRun } from '../../../src/core/training/train-run';
import { temporaryRoot, tinyDataset, tinyExperiment } from './tiny-task';

describe('a training whose network learns nothing', () => {
  let root: string;
  let device: Device;
  const warnings: string[] = [];
  before(async () => {
    device = await openDevice('onnx-cpu', { threads: 1 });
    root = await temporaryRoot();
  });
  after(async () => {
    await rm(root, { recursive: true });
    await device.dispose();
  });

  const train = (learningRate: number, method: object = { name: 'standard' }): Promise<RunRecord> => {
    warnings.length = 0;
    const attacks = [{ name: 'pgd', epsilon: '8/255', steps: 4 }];
    return trainRun({
      experiment: tinyExperiment({
        model: { name: 'small-cnn', widths: [8, 8, 8, 16], hidden: 16 },
        method,
        training: {
          ...{ epochs: 4, batchSize: 16, weightDecay: 0 },
          schedule: { name: 'piecewise', learningRate, milestones: [] },
        },
        evaluation: { everyEpochs: 2, during: { count: 30, attacks }, final: { count: 30, attacks } },
        samples: { count: 0 },
      }),
      root,
      signal: new AbortController().signal,
      onEvent: (_, event) => {
        if (event.type === 'log' && event.level === 'warn') warnings.push(event.text);
      },
      resources: { dataset: tinyDataset(240, 30), device },
    });
  };

  it('says so once, after its second epoch, with what to do, and goes on', async () => {
    const { id, status, progress, signs = [] } = await train(3);
    assert.deepEqual([status, progress?.step], ['done', 60]);
    assert.deepEqual(
      signs.map(({ sign, step, epoch, title }) => [sign, step, epoch, title]),
      [['accuracy-at-chance', 30, 2, 'accuracy at chance']],
    );
    const [{ message, advice } = { message: '', advice: undefined }] = signs;
    assert.match(
      message,
      /^Accuracy at chance: over epoch 2 the network classified \d\d\.\d % of the images that it trained on correctly, and guessing gets 33\.3 %\.$/,
    );
    assert.equal(advice, 'Lower the learning rate, or begin with a smaller one.');
    assert.deepEqual(warnings, [`${message} ${advice}`]);
    assert.deepEqual((await readRun(root, id)).record.signs, signs);
  });

  it('is told of epsilon where an attack is to be withstood', async () => {
    const { signs = [] } = await train(3, {
      name: 'pgd-at',
      epsilon: '100/255',
      stepSize: '50/255',
      steps: 2,
    });
    assert.equal(signs[0]?.sign, 'accuracy-at-chance');
    assert.match(signs[0].advice ?? '', /options\.epsilonWarmup.*smaller epsilon\.$/);
  });

  it('says nothing where it learns', async () => {
    const { signs, cleanAccuracy = 0 } = await train(0.05);
    assert.deepEqual([signs, warnings], [undefined, []]);
    assert.ok(cleanAccuracy > 0.6, String(cleanAccuracy));
  });
});
