import assert from 'node:assert/strict';
import { readdir, rm } from 'node:fs/promises';
import { countProblems } from '../../../src/core/experiment/count-problems';
import { parseExperiment } from '../../../src/core/experiment/parse-experiment';
import { trainRun } from '../../../src/core/training/train-run';
import { temporaryRoot, tinyDataset, tinyExperiment } from '../training/tiny-task';

const attacks = [{ name: 'fgsm' }];

describe('the number of images of an evaluation', () => {
  const problemsOf = (dataset: object, evaluation: object, training: object = {}): string =>
    (
      parseExperiment(
        JSON.stringify({
          ...{ dataset: { name: 'cifar10', ...dataset }, model: { name: 'small-cnn' } },
          ...{ method: { name: 'standard' }, training, evaluation },
        }),
      ).problems ?? []
    )
      .map(({ field, message }) => `${field} ${message}`)
      .join('\n');

  it('has no limit but the test images', () => {
    assert.equal(problemsOf({}, { final: { count: 10_000, attacks } }), '');
    assert.equal(
      problemsOf({}, { final: { count: 10_001, attacks } }),
      'evaluation.final.count must be at most 10000, the test images that there are; got 10001',
    );
    assert.match(problemsOf({ testCount: 1200 }, { final: { count: 1201, attacks } }), /at most 1200/);
    assert.match(
      problemsOf({}, { final: { count: 10_000, attacks: [{ name: 'fgsm', count: 10_001 }] } }),
      /^evaluation\.final\.attacks\[0\]\.count must be at most 10000/,
    );
  });

  it('is that of the images held out, during training', () => {
    const during = (count: number) => ({ during: { count, attacks } });
    assert.equal(problemsOf({}, during(5000), { validation: 5000 }), '');
    assert.equal(
      problemsOf({}, during(1001), { validation: 1000 }),
      'evaluation.during.count must be at most 1000, the images that training.validation holds out; got 1001',
    );
  });

  it('is known with the data only where these may have images of their own for it', () => {
    const experiment = tinyExperiment({
      training: { validation: 'auto' },
      evaluation: { during: { count: 1001, attacks } },
    });
    const problems = (own?: number): number =>
      countProblems(experiment, { train: 50_000, all: 50_000, own }).length;
    assert.deepEqual([problems(), problems(0), problems(1001), problems(1000)], [0, 1, 0, 1]);
  });

  it('is all of them where there are fewer than usual', () => {
    assert.equal(problemsOf({ testCount: 30 }, { final: { count: 1000, attacks } }), '');
    assert.equal(problemsOf({ trainCount: 2000 }, {}, { validation: 10 }), '');
  });

  it('is looked at again where the data have fewer than was said, before a run is written', async () => {
    const experiment = tinyExperiment({ evaluation: { final: { count: 1500, attacks } } });
    assert.deepEqual(countProblems(experiment, { train: 40, test: 1500 }), []);
    const root = await temporaryRoot();
    try {
      const run = trainRun({
        ...{ experiment, root, signal: new AbortController().signal, onEvent: () => undefined },
        resources: { dataset: tinyDataset() },
      });
      await assert.rejects(run, {
        code: 'bad-input',
        where: 'evaluation.final.count',
        message: /must be at most 12, the test images that there are; got 1500/,
      });
      assert.deepEqual(await readdir(root), []);
    } finally {
      await rm(root, { recursive: true });
    }
  });
});
