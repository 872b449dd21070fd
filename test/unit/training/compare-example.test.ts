import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import type { Device } from '../../../src/core/engine/devices/device';
import { openDevice } from '../../../src/core/engine/devices/devices';
import type { ResolvedExperiment } from '../../../src/core/experiment/experiment-schema';
import { modelParameters } from '../../../src/core/models/networks/model-schema';
import { parseExperiment } from '../../../src/core/experiment/parse-experiment';
import { trainRun } from '../../../src/core/training/train-run';
import { readExample } from '../../support/examples';
import { temporaryRoot, tinyDataset } from './tiny-task';

describe('examples/compare.m2at.json', () => {
  let runs: readonly { readonly name: string; readonly experiment: ResolvedExperiment }[];
  let root: string;
  let device: Device;
  before(async () => {
    runs = parseExperiment(await readExample('compare.m2at.json')).runs ?? assert.fail('it has problems');
    root = await temporaryRoot();
    device = await openDevice('onnx-cpu', { threads: 1 });
  });
  after(async () => {
    await device.dispose();
    await rm(root, { recursive: true });
  });

  it("compares methods on one network and one set of images, with PyTorch's conventions", () => {
    for (const { name, experiment } of runs) {
      const { training, evaluation, dataset, method } = experiment;
      const model = modelParameters.parse(experiment.model);
      assert.equal(method.name, name);
      assert.equal(dataset.trainCount, 10_000);
      assert.deepEqual([model.padding, model.variance, training.decay], ['pytorch', 'unbiased', 'all'], name);
      assert.deepEqual([training.epochs, training.batchSize], [7, 128]);
      assert.deepEqual(
        evaluation.final.attacks.map((attack) => [attack.name, attack.loss, attack.count]),
        [
          ['pgd', 'cross-entropy', undefined],
          ['pgd', 'cw', undefined],
          ['autoattack', undefined, 200],
        ],
      );
      assert.equal(evaluation.final.count, 500);
      assert.deepEqual([evaluation.final.network, evaluation.final.bothNetworks], ['last', false]);
    }
    assert.equal(runs.length, 8);
    assert.equal(new Set(runs.map(({ name }) => name)).size, 8);
  });

  it('trains each of them for two steps', async function () {
    this.timeout(60_000);
    for (const { name, experiment } of runs) {
      const events: string[] = [];
      const { status, progress, passes } = await trainRun({
        experiment: {
          ...experiment,
          model: { ...experiment.model, widths: [4, 4, 4, 8], hidden: 8 },
          training: { ...experiment.training, epochs: 1, batchSize: 8 },
          evaluation: {
            ...experiment.evaluation,
            during: { count: 3, attacks: [] },
            final: { ...experiment.evaluation.final, count: 3, attacks: [] },
          },
          samples: { count: 2, everySteps: 1 },
        } as ResolvedExperiment,
        root,
        signal: new AbortController().signal,
        onEvent: (_, event) => {
          if (event.type === 'log') events.push(event.text);
        },
        // One of them is held out.
        resources: { dataset: tinyDataset(17, 3), device },
      });
      assert.deepEqual([name, status, progress?.step], [name, 'done', 2]);
      assert.ok(passes && passes.training >= 1, events.join('\n'));
    }
  });
});
