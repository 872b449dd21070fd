import assert from 'node:assert/strict';
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import type { ImageSource } from '../../../src/core/data/image-source';
import type { Device } from '../../../src/core/engine/devices/device';
import { openDevice } from '../../../src/core/engine/devices/devices';
import { loadExperiment } from '../../../src/core/experiment/load-experiment';
import { parseExperiment } from '../../../src/core/experiment/parse-experiment';
import { heldOut } from '../../../src/core/experiment/validation-rule';
import { methods } from '../../../src/core/methods';
import { chooseMethod } from '../../../src/core/methods/choose-method';
import type { EvaluationRow, RunRecord } from '../../../src/core/records/run-files';
import { builtIn } from '../../../src/core/registry/registry';
import { readExperiment, readRun, runDirectory } from '../../../src/core/runs/run-store';
import { ThreadedBatches } from '../../../src/core/training/threaded-batches';
import { trainRun, type TrainRunOptions } from '../../../src/core/training/train-run';
import { TrainingBatches } from '../../../src/core/training/training-batches';
import { holdOut } from '../../../src/core/training/training-data';
import { withoutKeys } from '../../../src/core/without-keys';
import { observed, temporaryRoot, tinyDataset, tinyExperiment } from './tiny-task';
import { evaluationsOf, weightsOf } from './written-run';

const dataset = tinyDataset();
const schedule = { name: 'cyclic', learningRate: 0.1 };
const during = { count: 12, attacks: [{ name: 'pgd', steps: 2 }] };

const held = (validation: object, seed = 3): ReturnType<typeof holdOut> =>
  holdOut(dataset, tinyExperiment({ seed, training: { batchSize: 8, validation } }));

describe('images held out for validation', () => {
  it('are drawn by the seed, and the others are trained on', () => {
    const { train, validation, trainIndices, test } = held({ count: 12 });
    assert.ok(validation && trainIndices);
    assert.deepEqual([train.count, validation.count, test], [28, 12, dataset.test]);
    assert.deepEqual(
      [...train.labels],
      [...trainIndices].map((n) => dataset.train.labels[n]),
    );
    const others = Array.from({ length: 40 }, (_, n) => n).filter((n) => !trainIndices.includes(n));
    assert.deepEqual([...validation.labels].sort(), others.map((n) => dataset.train.labels[n] ?? -1).sort());
    assert.deepEqual(held({ count: 12 }).trainIndices, trainIndices);
    assert.notDeepEqual(held({ count: 12 }, 4).trainIndices, trainIndices);
  });

  it('are a share or a count of the training images, 2 % where neither is said, and at least one', () => {
    const counts = [{ share: 0.25 }, { count: 7 }, { share: 0.001 }, {}].map(
      (validation) => held(validation).validation?.count,
    );
    assert.deepEqual(counts, [10, 7, 1, 1]);
    const large = holdOut(tinyDataset(200), tinyExperiment({ training: { validation: {} } }));
    assert.equal(large.validation?.count, 4);
    assert.equal(holdOut(dataset, tinyExperiment()), dataset);
  });

  it('are a whole number, a share, or the first ones that are left out', () => {
    const of = (validation: unknown, train: number, all = 40): unknown => {
      const {
        train: trained,
        validation: images,
        validationFrom,
      } = holdOut(tinyDataset(all), tinyExperiment({ training: { validation } }), { train, all });
      return [trained.count, images?.count, validationFrom];
    };
    assert.deepEqual(of(7, 40), [33, 7, 'training']);
    assert.deepEqual(of(0.25, 40), [30, 10, 'training']);
    assert.deepEqual(of({ count: 5, from: 'left-out' }, 30), [30, 5, 'left-out']);
    assert.deepEqual(of({ share: 0.1, from: 'left-out' }, 30), [30, 3, 'left-out']);
    // 2 % of 200 are four, of 196 as well.
    assert.deepEqual(of('auto', 196, 200), [196, 4, 'left-out']);
    assert.deepEqual(of('auto', 197, 200), [193, 4, 'training']);
    assert.deepEqual(of('auto', 200, 200), [196, 4, 'training']);
    assert.deepEqual(heldOut({ validation: 'auto' }, { train: 10_000, all: 50_000 }), {
      count: 1000,
      from: 'left-out',
    });
    assert.deepEqual(heldOut({ validation: 'auto' }, { train: 73_257, all: 73_257 }), {
      count: 1000,
      from: 'training',
    });
    const kept = tinyDataset(10, 12).test;
    const own = (validation: unknown, train = 30) =>
      holdOut({ ...dataset, validation: kept }, tinyExperiment({ training: { validation } }), {
        ...{ train, all: 40, own: 12 },
      });
    assert.equal(own('auto').validation, kept);
    assert.deepEqual([own('auto').train.count, own('auto').validationFrom], [30, 'data-set']);
    assert.equal(own({ count: 5, from: 'data-set' }).validation?.count, 5);
    assert.deepEqual([own(6).validation?.split, own(6).validation?.count], ['validation', 6]);
    assert.deepEqual([own(undefined).validation, own(undefined).validationFrom], [kept, 'data-set']);
    const leftOut = holdOut(
      dataset,
      tinyExperiment({ training: { validation: { count: 6, from: 'left-out' } } }),
      { train: 30, all: 40 },
    );
    assert.deepEqual([...leftOut.train.labels], [...dataset.train.labels.slice(0, 30)]);
    assert.deepEqual([...(leftOut.validation?.labels ?? [])], [...dataset.train.labels.slice(30, 36)]);
  });

  it('are some where a file does not say, and none where the record of an earlier version does not', () => {
    const text = (training?: object): string =>
      JSON.stringify({
        dataset: { name: 'cifar10', trainCount: 100 },
        model: { name: 'small-cnn' },
        method: { name: 'standard' },
        training,
      });
    const rules = (training?: object, isRecord = false): unknown => {
      const { runs, problems } = parseExperiment(text(training), builtIn, { isRecord });
      assert.equal(problems, undefined);
      return runs[0]?.experiment.training.validation;
    };
    assert.equal(rules(), 'auto');
    assert.equal(rules({ epochs: 1 }), 'auto');
    assert.equal(rules({ epochs: 1 }, true), undefined);
    assert.equal(rules({ validation: 20 }), 20);
    assert.deepEqual(rules({ validation: {} }), {});
    const problemsOf = (validation: unknown): string =>
      (parseExperiment(text({ validation })).problems ?? [])
        .map(({ field, message }) => `${field} ${message}`)
        .join();
    assert.match(
      problemsOf(1.5),
      /^training\.validation must be a whole number of images, or a share .* got 1\.5$/,
    );
    assert.match(problemsOf(0), /^training\.validation must be a whole number of images, .* got 0$/);
    assert.match(problemsOf('all'), /^training\.validation must be .*"auto".* got "all"$/);
    assert.match(
      problemsOf({ cuont: 3 }),
      /^training\.validation\.cuont is not a known key here; did you mean "count"\?$/,
    );
    assert.match(
      problemsOf({ count: 49_901, from: 'left-out' }),
      /^training\.validation wants 49901 images .* leaves out 49900 of 50000/,
    );
  });

  it('are refused where they are said twice, or nothing is left', () => {
    const problemsOf = (validation: object): readonly string[] =>
      (
        parseExperiment(
          JSON.stringify({
            dataset: { name: 'cifar10', trainCount: 100 },
            model: { name: 'small-cnn' },
            method: { name: 'standard' },
            training: { validation },
          }),
        ).problems ?? []
      ).map(({ field, message }) => `${field}: ${message}`);
    assert.deepEqual(problemsOf({ count: 99 }), []);
    assert.match(
      problemsOf({ count: 99, share: 0.1 }).join(),
      /^training\.validation\.count: .* leave one out$/,
    );
    assert.match(problemsOf({ count: 100 }).join(), /^training\.validation: holds out 100 of 100/);
    assert.match(problemsOf({ share: 1 }).join(), /^training\.validation\.share: /);
  });

  it('are not in the batches of the thread, which are those of the main thread', async () => {
    const { train, trainIndices } = held({ count: 12 });
    const method = { name: 'standard' };
    const plan = {
      ...{ batchSize: 7, stepsPerEpoch: 4, steps: 4, seed: 7, classes: 3, method, options: {} },
      ...{ augment: { crop: 0, flip: false }, meanColour: [0, 0, 0] },
    };
    const inline = new TrainingBatches(train, plan, chooseMethod(methods, method));
    const threaded = await ThreadedBatches.start(train, plan);
    try {
      const seen: Uint8Array[] = [];
      for (let step = 0; step < 4; step++) {
        const batch = await threaded.at(step);
        assert.deepEqual(batch, await inline.at(step));
        for (let n = 0; n < 7; n++) {
          seen.push(
            Uint8Array.from(batch.images.data.slice(n * 192, (n + 1) * 192), (v) => Math.round(255 * v)),
          );
        }
      }
      const hex = (image: Uint8Array): string => Buffer.from(image).toString('hex');
      const own = [...(trainIndices ?? [])].map((n) => dataset.train.images.slice(n * 192, (n + 1) * 192));
      assert.deepEqual(seen.map(hex).sort(), own.map(hex).sort());
    } finally {
      await threaded.dispose();
    }
  });
});

describe('a training with validation', () => {
  let root: string;
  let device: Device;
  before(async () => {
    device = await openDevice('onnx-cpu', { threads: 1 });
  });
  after(() => device.dispose());
  beforeEach(async () => {
    root = await temporaryRoot();
  });
  afterEach(() => rm(root, { recursive: true }));

  const train = (changes: Partial<TrainRunOptions>): Promise<RunRecord> =>
    trainRun({
      experiment: tinyExperiment(),
      root,
      signal: new AbortController().signal,
      onEvent: () => undefined,
      resources: { dataset, device },
      ...changes,
    });

  /** Evaluations that are frequent enough for the best of them not to be the last. */
  const often = (network: 'last' | 'best', validation?: object) =>
    tinyExperiment({
      training: { epochs: 4, batchSize: 8, schedule: { ...schedule, learningRate: 0.8 }, validation },
      evaluation: { everyEpochs: 0.4, during, final: { ...during, network } },
    });

  it('trains on the others, evaluates them while it trains, and test images at the end', async () => {
    const read = new Set<number>();
    const all: ImageSource = dataset.train;
    assert.ok(all.values === 'uint8');
    const spied: ImageSource = {
      ...all,
      read: (indices: ArrayLike<number>, into: Uint8Array) => {
        for (const index of Array.from(indices)) read.add(index);
        return all.read(indices, into);
      },
    };
    const experiment = tinyExperiment({
      training: { epochs: 2, batchSize: 7, schedule, validation: { count: 12 } },
      evaluation: { during: { count: 500, attacks: [] }, final: { count: 5, attacks: [] } },
    });
    const batchThread = path.join(root, 'none.js');
    const { id, split } = await train({
      experiment,
      resources: { dataset: { ...dataset, train: spied }, device, batchThread },
    });
    assert.equal(split, undefined);
    const evaluations = await evaluationsOf(root, id);
    assert.deepEqual(
      evaluations.map((row) => [row.step, row.count, row.split, row.final]),
      [
        [4, 12, 'validation', false],
        [8, 12, 'validation', false],
        [8, 5, undefined, true],
      ],
    );
    assert.equal(read.size, 40, 'every image is read, for training or for validation');
    const own = holdOut(dataset, experiment).trainIndices ?? new Uint32Array();
    const { samples } = await readRun(root, id);
    for (const { index, label } of samples?.grid.rows ?? assert.fail()) {
      assert.ok(own.includes(index), `image ${index} is trained on`);
      assert.equal(label, dataset.train.labels[index]);
    }
    const log = await readFile(path.join(runDirectory(root, id), 'log.txt'), 'utf8');
    assert.match(log, /28 training images, 12 more for validation, batches of 7/);
    assert.match(log, /Evaluation after step 4 on 12 validation images: clean/);
    assert.match(log, /Final evaluation after step 8 on 5 test images: clean/);
  });

  it('says which images are held out where nothing says so, and goes on with them', async () => {
    const experiment = tinyExperiment({
      dataset: { name: 'cifar10', trainCount: 30 },
      training: { epochs: 2, batchSize: 7, schedule, validation: 'auto' },
    });
    const controller = new AbortController();
    const stopping = observed(device, (program, count) => {
      if (program === 'train-step' && count === 6) controller.abort();
    });
    const large = tinyDataset(200);
    const stopped = await train({
      experiment,
      signal: controller.signal,
      resources: { dataset: large, device: stopping },
    });
    // 2 % of 200, behind the first 30.
    const held = { count: 4, from: 'left-out' };
    assert.deepEqual(stopped.validation, held);
    const written = await readExperiment(root, stopped.id);
    assert.deepEqual(written.training.validation, held);
    const log = await readFile(path.join(runDirectory(root, stopped.id), 'log.txt'), 'utf8');
    assert.match(log, /Validation: 4 images, the first training images that dataset\.trainCount leaves out/);
    const resources = { dataset: large, device };
    const resumed = await train({ experiment: written, resume: stopped.id, resources });
    const whole = await train({ experiment, resources });
    assert.equal(resumed.status, 'done');
    assert.deepEqual(await weightsOf(root, resumed.id), await weightsOf(root, whole.id));
    // Trained on as if there were no others.
    const alone = await train({
      experiment: tinyExperiment({ training: { epochs: 2, batchSize: 7, schedule } }),
      resources: { dataset: tinyDataset(30), device },
    });
    assert.deepEqual(await weightsOf(root, whole.id), await weightsOf(root, alone.id));
    const file = path.join(runDirectory(root, whole.id), 'experiment.json');
    const [again] = await loadExperiment(file);
    assert.deepEqual(again?.experiment.training.validation, held);
  });

  it('says of which images the accuracies of a stopped run are', async () => {
    const controller = new AbortController();
    const experiment = tinyExperiment({
      training: { epochs: 2, batchSize: 7, schedule, validation: { count: 12 } },
    });
    const stopping = observed(device, (program, count) => {
      if (program === 'train-step' && count === 6) controller.abort();
    });
    const stopped = await train({
      experiment,
      signal: controller.signal,
      resources: { dataset, device: stopping },
    });
    assert.deepEqual([stopped.status, stopped.split], ['stopped', 'validation']);
    const resumed = await train({ experiment, resume: stopped.id });
    assert.deepEqual([resumed.status, resumed.split], ['done', undefined]);
    const whole = await train({ experiment });
    assert.deepEqual(await weightsOf(root, resumed.id), await weightsOf(root, whole.id));
    assert.deepEqual(await evaluationsOf(root, resumed.id), await evaluationsOf(root, whole.id));
  });

  it('evaluates the best network at the end where the experiment says so, also when it was stopped there', async () => {
    const experiment = often('best');
    const whole = await train({ experiment });
    const rows = await evaluationsOf(root, whole.id);
    const found = rows.filter(({ final }) => !final);
    const final = rows.at(-1) ?? assert.fail();
    const most = Math.max(...found.map(({ robustAccuracy }) => robustAccuracy));
    const best = found.find(({ robustAccuracy }) => robustAccuracy === most) ?? assert.fail();
    assert.ok(best.step < 20, 'the last network is not the best one');
    // The same test images and the same attack.
    const { network, ...numbers } = final;
    assert.deepEqual(network, { kind: 'best', step: best.step, epoch: best.epoch });
    assert.deepEqual(numbers, { ...best, step: 20, epoch: 4, final: true });

    const last = await train({ experiment: often('last') });
    assert.deepEqual(await weightsOf(root, whole.id), await weightsOf(root, last.id));
    assert.equal((await evaluationsOf(root, last.id)).at(-1)?.network, undefined);

    let evaluations = 0;
    const controller = new AbortController();
    const stopping = observed(device, (program, count) => {
      if (program === 'train-step' && count === 20) evaluations = 1;
      // The clean pass and the attack of the evaluation at step 20 come first.
      if (evaluations > 0 && program === 'classify' && ++evaluations === 5) controller.abort();
    });
    const stopped = await train({
      experiment,
      signal: controller.signal,
      resources: { dataset, device: stopping },
    });
    assert.equal(stopped.status, 'stopped');
    assert.deepEqual(await weightsOf(root, stopped.id), await weightsOf(root, whole.id));
    const resumed = await train({ experiment, resume: stopped.id });
    assert.equal(resumed.status, 'done');
    assert.deepEqual(await weightsOf(root, resumed.id), await weightsOf(root, whole.id));
    assert.deepEqual(await evaluationsOf(root, resumed.id), rows);
  });

  it('evaluates the last and the best network, that of the result at the end, also when it was stopped between', async () => {
    const validation = { count: 12 };
    const finals = async (id: string) => (await evaluationsOf(root, id)).filter(({ final }) => final);
    const numbersOf = (row: EvaluationRow): object => withoutKeys(row, ['network', 'beside']);
    const last = await train({ experiment: often('last', validation) });
    const best = await train({ experiment: often('best', validation) });
    const [bestBeside, lastResult, ...none] = await finals(last.id);
    const [lastBeside, bestResult] = await finals(best.id);
    assert.ok(
      bestBeside?.network && bestBeside.beside && lastResult && lastBeside?.beside && bestResult?.network,
    );
    assert.deepEqual([none.length, lastResult.network, lastResult.beside], [0, undefined, undefined]);
    assert.deepEqual([lastBeside.network, bestResult.beside], [undefined, undefined]);
    assert.deepEqual(bestBeside.network, bestResult.network);
    assert.ok(bestBeside.network.step < 12, 'the best network is not the last one');
    // Whether a network was just trained or comes from its checkpoint makes no difference.
    assert.deepEqual(numbersOf(bestBeside), numbersOf(bestResult));
    assert.deepEqual(numbersOf(lastBeside), numbersOf(lastResult));
    assert.equal(last.robustAccuracy, lastResult.robustAccuracy);
    assert.equal(best.cleanAccuracy, bestResult.cleanAccuracy);
    assert.equal((await weightsOf(root, last.id, 'best')).step, String(bestBeside.network.step));
    const log = await readFile(path.join(runDirectory(root, last.id), 'log.txt'), 'utf8');
    assert.match(
      log,
      /Final evaluation, beside the result, of the best network, that of step \d+, after step 12/,
    );

    const controller = new AbortController();
    const stopped = await train({
      experiment: often('last', validation),
      signal: controller.signal,
      onEvent: (_, event) => {
        if (event.type === 'metric' && event.row.kind === 'evaluation' && event.row.beside)
          controller.abort();
      },
    });
    assert.equal(stopped.status, 'stopped');
    assert.deepEqual(await weightsOf(root, stopped.id), await weightsOf(root, last.id));
    const resumed = await train({ experiment: often('last', validation), resume: stopped.id });
    assert.equal(resumed.status, 'done');
    assert.deepEqual(await evaluationsOf(root, resumed.id), await evaluationsOf(root, last.id));
    assert.deepEqual(await weightsOf(root, resumed.id, 'best'), await weightsOf(root, last.id, 'best'));
  });

  it('evaluates one of the two alone where the experiment says so', async () => {
    const finalsOf = async (network: 'last' | 'best', bothNetworks: boolean): Promise<EvaluationRow[]> => {
      const experiment = often(network, { count: 12 });
      const { evaluation } = experiment;
      const final = { ...evaluation.final, bothNetworks };
      const { id } = await train({ experiment: { ...experiment, evaluation: { ...evaluation, final } } });
      return (await evaluationsOf(root, id)).filter((row) => row.final);
    };
    const [best, last] = await finalsOf('last', true);
    assert.ok(best?.beside && best.network && last);
    assert.deepEqual(await finalsOf('last', false), [last]);
    assert.deepEqual(await finalsOf('best', false), [withoutKeys(best, ['beside'])]);
  });

  it('warns where the best network is chosen on the images that it is evaluated on', async () => {
    const warnings = async (experiment: ReturnType<typeof often>): Promise<string[]> => {
      const texts: string[] = [];
      await train({
        experiment: { ...experiment, training: { ...experiment.training, epochs: 1 } },
        onEvent: (_, event) => {
          if (event.type === 'log' && event.level === 'warn') texts.push(event.text);
        },
      });
      return texts.filter((text) => text.includes('optimistic'));
    };
    assert.equal((await warnings(often('best'))).length, 1);
    assert.equal((await warnings(often('best', { count: 4 }))).length, 0);
    assert.equal((await warnings(often('last'))).length, 0);
  });
});
