import assert from 'node:assert/strict';
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { encodeNpyHeader, encodeNpyLabels } from '../../../src/core/data/npy';
import type { Device } from '../../../src/core/engine/devices/device';
import { openDevice } from '../../../src/core/engine/devices/devices';
import { M2atError } from '../../../src/core/errors';
import { evaluateExamples, type EvaluateExamples } from '../../../src/core/jobs/evaluate-examples';
import { resumeAttack } from '../../../src/core/attacking/attack-resume';
import { attackRun, type AttackRunOptions } from '../../../src/core/attacking/attack-run';
import { runAddress } from '../../../src/core/runs/run-address';
import { readRun, runDirectory } from '../../../src/core/runs/run-store';
import {
  transferTable,
  type TransferPart,
  type TransferTable,
} from '../../../src/core/records/transfer-files';
import { progressShare, progressTitle } from '../../../src/core/progress-text';
import type { RunProgress } from '../../../src/core/progress';
import { readTransfer } from '../../../src/core/runs/transfer-store';
import { writeArrays, writeLayersModel } from '../../support/tiny-models';
import { temporaryRoot } from '../training/tiny-task';
import { changeRecord } from '../../support/run-json';
import { requested } from '../attacks/named';

const COUNT = 30;
const SIZE = 8 * 8 * 3;
type Network = (pixels: Float32Array) => number;

/** What the two networks of this test answer, computed by hand. */
const mean: Network = (pixels) => largest(pixels, (sum, value) => sum + value, 0);
const brightest: Network = (pixels) => largest(pixels, Math.max, -Infinity);

function largest(pixels: Float32Array, join: (a: number, b: number) => number, start: number): number {
  const channels = [start, start, start];
  for (const [i, value] of pixels.entries()) channels[i % 3] = join(channels[i % 3] ?? NaN, value);
  return channels.indexOf(Math.max(...channels));
}

describe('evaluateExamples', () => {
  let root: string;
  let device: Device;
  let arrays: { images: string; labels: string };
  let source: string;
  let other: string;
  let run: string;

  const attack = async (changes: Partial<AttackRunOptions> = {}): ReturnType<typeof attackRun> =>
    attackRun({
      root,
      checkpoint: source,
      arrays,
      attacks: [
        requested({ name: 'fgsm', epsilon: 0.05 }),
        requested({ name: 'pgd', epsilon: 0.07, steps: 5 }),
      ],
      epsilons: undefined,
      seed: 1,
      batchSize: 8,
      device: 'auto',
      threads: 1,
      signal: new AbortController().signal,
      onEvent: () => undefined,
      resources: { device },
      ...changes,
    });

  const evaluate = (changes: Partial<EvaluateExamples> = {}): Promise<TransferTable> =>
    evaluateExamples({
      checkpoints: [source, other],
      runs: [{ root, id: run }],
      batchSize: 7,
      device: 'auto',
      threads: 1,
      signal: new AbortController().signal,
      onProgress: () => undefined,
      onLog: () => undefined,
      openedDevice: device,
      ...changes,
    });

  before(async () => {
    device = await openDevice('onnx-cpu', { threads: 1 });
  });
  after(() => device.dispose());
  beforeEach(async () => {
    root = await temporaryRoot();
    arrays = await writeArrays(path.join(root, 'data'), COUNT);
    source = await writeLayersModel(path.join(root, 'mean'));
    other = await writeLayersModel(path.join(root, 'brightest'), 'GlobalMaxPooling2D');
    run = (await attack()).record.id;
  });
  afterEach(() => rm(root, { recursive: true }));

  const floats = async (file: string): Promise<Float32Array> => {
    const bytes = await readFile(file);
    return new Float32Array(Uint8Array.from(bytes.subarray(128)).buffer);
  };
  const adversarial = (id: string, name: string): string =>
    path.join(runDirectory(root, id), 'adversarial', name);
  const right = (images: Float32Array, network: Network): boolean[] =>
    Array.from(
      { length: images.length / SIZE },
      (_, n) => network(images.subarray(n * SIZE, (n + 1) * SIZE)) === n % 3,
    );
  const counts = (...parts: (TransferPart | undefined)[]): unknown[] =>
    parts.map((part) => part && [part.count, part.of]);

  it('measures what each network makes of each attack, with and without the perturbation', async () => {
    const { report, record } = await attack({ epsilons: [0.02] });
    run = record.id;
    const clean = await floats(arrays.images);
    const told: RunProgress[] = [];
    const onProgress = (progress: RunProgress): void => void told.push(progress);
    const { rows, warnings } = await evaluate({ onProgress });
    assert.deepEqual(warnings, []);
    // Of one network at a time, whose images are counted.
    assert.deepEqual(
      [...new Set(told.map(progressTitle))],
      [`Network 1 of 2: ${source}`, `Network 2 of 2: ${other}`],
    );
    const shares = told.map((progress) => progressShare(progress) ?? NaN);
    assert.deepEqual(
      shares,
      [...shares].sort((a, b) => a - b),
    );
    assert.equal(shares.at(-1), 1);
    for (const index of [0, 1]) {
      const last = told.findLast(({ pass }) => pass?.index === index);
      assert.equal(last?.done, last?.total);
    }
    assert.deepEqual(
      rows.map(({ source: { group, title }, target, isSource }) => [group, title, target, isSource]),
      [
        [0, 'fgsm linf 0.05', source, true],
        [0, 'fgsm linf 0.05', other, false],
        [1, 'pgd-5 linf 0.07', source, true],
        [1, 'pgd-5 linf 0.07', other, false],
      ],
      'not the group of the curve',
    );
    for (const row of rows) {
      const network = row.isSource ? mean : brightest;
      const shown = right(await floats(row.source.file), network);
      const before = right(clean, network);
      const broken = report.attacks[row.source.group ?? -1]?.images.map((image) => image.broken) ?? [];
      const sum = (of: (n: number) => boolean | undefined): number => shown.filter((_, n) => of(n)).length;
      assert.deepEqual(counts(row.accuracy, row.clean, row.fooled, row.transferred), [
        [sum((n) => shown[n]), COUNT],
        [sum((n) => before[n]), COUNT],
        [sum((n) => before[n] && !shown[n]), sum((n) => before[n])],
        [sum((n) => before[n] && broken[n] && !shown[n]), sum((n) => before[n] && broken[n])],
      ]);
      assert.equal(row.accuracy.share, row.accuracy.count / COUNT);
      assert.ok(row.accuracy.interval && row.accuracy.interval[0] < row.accuracy.interval[1]);
      if (row.isSource) assert.equal(row.transferred?.count, row.transferred?.of, 'white box');
    }
    assert.ok(rows.some(({ fooled, isSource }) => !isSource && fooled && fooled.count > 0));
    assert.ok(rows.some(({ fooled }) => fooled && fooled.count < fooled.of));
  });

  it('keeps the table with the run, a row for each attack and network', async () => {
    const first = await evaluate({ checkpoints: [source] });
    const folder = runDirectory(root, run);
    assert.deepEqual((await readTransfer(folder)).record, first);
    const both = await evaluate({ checkpoints: [other] });
    const again = await evaluate({ checkpoints: [source] });
    const { record: stored } = await readTransfer(folder);
    assert.equal(stored?.rows.length, 4);
    for (const row of [...both.rows, ...again.rows]) {
      assert.ok(stored.rows.some((one) => JSON.stringify(one) === JSON.stringify(row)));
    }
    assert.deepEqual(transferTable.parse(stored), stored);

    const file = path.join(folder, 'transfer.json');
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replace('"count":30', '"count":31'));
    const damaged = await readRun(root, run);
    assert.equal(damaged.transfer, undefined);
    assert.match(damaged.problems.join(), /^transfer\.json is damaged, or was changed: .*Evaluate/);
    await writeFile(file, text);
  });

  it('takes the worst case of an ensemble as one source', async () => {
    const { report, record } = await attack({ ensemble: true });
    const { rows } = await evaluate({ runs: [{ root, id: record.id }] });
    assert.deepEqual(
      rows.map(({ source }) => source.group),
      [0, 0],
    );
    const [whiteBox] = rows;
    assert.equal(whiteBox?.accuracy.share, report.robustAccuracy);
    const broken = report.attacks.at(-1)?.images.filter((image) => image.broken).length;
    assert.deepEqual(counts(whiteBox.transferred), [[broken, broken]]);
  });

  it('takes what a targeted attack moved to another class than its target for an example as well', async () => {
    const targeted = requested({ name: 'bim', epsilon: 0.07, target: 'random' });
    const { report, record } = await attack({ attacks: [targeted] });
    const images = report.attacks[0]?.images ?? [];
    const moved = images.findIndex(({ broken }) => broken);
    const elsewhere = images.map((image, n) => (n === moved ? { ...image, broken: false } : image));
    const changed = { ...report, attacks: [{ ...report.attacks[0], images: elsewhere }] };
    await writeFile(path.join(runDirectory(root, record.id), 'report.json'), JSON.stringify(changed));
    const { rows } = await evaluate({ runs: [{ root, id: record.id }], checkpoints: [source] });
    const count = images.filter(({ misclassified }) => misclassified).length;
    assert.ok(count > 1);
    assert.deepEqual(counts(rows[0]?.transferred, rows[0]?.fooled), [
      [count, count],
      [count, COUNT],
    ]);
  });

  it('takes examples from arrays, with clean images or without', async () => {
    const file = adversarial(run, '0-fgsm.npy');
    const labels = adversarial(run, 'labels.npy');
    const fromRun = await evaluate();
    const [, expected] = fromRun.rows;
    assert.ok(expected);
    const { accuracy, clean, fooled } = expected;
    const given = { checkpoints: [other], runs: [] };
    const alone = await evaluate({ ...given, arrays: { images: file, labels } });
    const [row] = alone.rows;
    assert.deepEqual([row?.accuracy, row?.clean, row?.fooled], [accuracy, undefined, undefined]);
    assert.deepEqual(row?.source, { title: '0-fgsm.npy', file });
    const beside = await evaluate({ ...given, arrays: { images: file, labels, clean: arrays.images } });
    const [full] = beside.rows;
    assert.deepEqual([full?.accuracy, full?.clean, full?.fooled], [accuracy, clean, fooled]);
    assert.equal(full?.transferred, undefined);
    const fewer = path.join(root, 'fewer.npy');
    await writeFile(fewer, Buffer.concat([encodeNpyHeader('|u1', [2, 8, 8, 3]), Buffer.alloc(2 * SIZE)]));
    await assert.rejects(
      evaluate({ ...given, arrays: { images: file, labels, clean: fewer } }),
      /30 labels for 2 images/,
    );
  });

  it('measures the examples of a stopped run that are there, and says so; a resumed one has none measured', async () => {
    const controller = new AbortController();
    const stopped = await attack({
      signal: controller.signal,
      onEvent: (_, event) => {
        if (event.type === 'report' && event.report.attacks.length > 0) controller.abort();
      },
    });
    const { id, status } = stopped.record;
    assert.equal(status, 'stopped');
    const { rows, warnings } = await evaluate({ runs: [{ root, id }] });
    const count = stopped.report.attacks[0]?.images.length ?? 0;
    assert.ok(count > 0 && count < COUNT);
    assert.deepEqual([...new Set(rows.map((row) => row.count))], [count]);
    assert.match(warnings.join(), new RegExp(`${id} is stopped: .* first ${count} of 30 images.*--resume`));
    assert.ok((await readTransfer(runDirectory(root, id))).record);
    await resumeAttack({
      id,
      root,
      signal: new AbortController().signal,
      onEvent: () => undefined,
      resources: { device },
    });
    assert.deepEqual(await readTransfer(runDirectory(root, id)), { verified: true });
  });

  it('does without the clean images where they are gone or others, and says so', async () => {
    await writeFile(arrays.labels, encodeNpyLabels(Array.from({ length: COUNT }, (_, n) => (n + 1) % 3)));
    const others = await evaluate();
    assert.match(
      others.warnings.join(),
      /the clean images of .*: these are not the images that were attacked/i,
    );
    const moved = path.join(root, 'moved.npy');
    await copyFile(arrays.images, moved);
    await rm(arrays.images);
    const { rows, warnings } = await evaluate();
    assert.match(warnings.join(), /can't be had.*the file is missing/);
    assert.ok(rows.every(({ clean, fooled }) => clean === undefined && fooled === undefined));
    assert.equal(rows.length, 4);
  });

  it('refuses what is damaged, unfit or no attack, in one message each', async () => {
    const training = '2026-01-01-000000-tiny-0001';
    await mkdir(runDirectory(root, training), { recursive: true });
    await copyFile(
      path.join(runDirectory(root, run), 'run.json'),
      path.join(runDirectory(root, training), 'run.json'),
    );
    const write = (id: string, changes: object): Promise<void> =>
      changeRecord(runDirectory(root, id), changes);
    await write(training, { id: training, kind: 'train' });
    const refused = async (changes: Partial<EvaluateExamples>, message: RegExp): Promise<void> => {
      await assert.rejects(
        evaluate(changes),
        (error) => error instanceof M2atError && error.code !== 'internal' && message.test(error.message),
      );
    };
    await refused({ runs: [{ root, id: training }] }, /is no attack run/);
    await refused({ runs: [{ root, id: '2026-01-01-000000-attack-0002' }] }, /there is no run/);
    await refused({ checkpoints: [other, path.join(root, 'nowhere')] }, /no model is there/);

    const small = path.join(root, 'small.npy');
    await writeFile(small, Buffer.concat([encodeNpyHeader('|u1', [2, 4, 4, 3]), Buffer.alloc(96)]));
    const two = path.join(root, 'two.npy');
    await writeFile(two, encodeNpyLabels([0, 1]));
    await refused({ runs: [], arrays: { images: small, labels: two } }, /don't fit the network/);

    await write(run, { status: 'running', pid: process.pid });
    await refused({}, /is still going on/);
    await write(run, { status: 'done' });

    const file = adversarial(run, '0-fgsm.npy');
    const bytes = await readFile(file);
    const damaged = Buffer.from(bytes);
    damaged.writeFloatLE(0.25, 128);
    await writeFile(file, damaged);
    await refused({}, /0-fgsm\.npy: not as the run wrote it/);
    await rm(file);
    await refused({}, /0-fgsm\.npy: not as the run wrote it/);
    await writeFile(file, bytes);

    const report = path.join(runDirectory(root, run), 'report.json');
    const text = await readFile(report, 'utf8');
    await writeFile(report, text.replace('"label":1', '"label":2'));
    await refused({}, /report\.json is damaged, or was changed/);
    await writeFile(report, text);
    const task = path.join(runDirectory(root, run), 'attack.json');
    const asked = await readFile(task, 'utf8');
    await writeFile(task, asked.replace('"seed":', '"seed":1'));
    await refused({}, /attack\.json: is not as the run wrote it/);
    await writeFile(task, asked);

    // An earlier version wrote no checksums but those of the journal, and later no labels.
    await write(run, { checksums: undefined });
    await writeFile(file, damaged);
    await refused({}, /0-fgsm\.npy: not as the run wrote it \(images from position 0\)/);
    await writeFile(file, bytes);
    assert.match((await evaluate()).warnings.join(), /have no checksum/);

    await writeFile(adversarial(run, 'labels.npy'), encodeNpyLabels(new Int32Array(COUNT)));
    await refused({}, /labels\.npy: the labels are not those of the report/);
    await rm(adversarial(run, 'labels.npy'));
    assert.equal((await evaluate()).rows.length, 4, 'runs of earlier versions have no labels.npy');
    assert.equal((await evaluate({ checkpoints: [other] })).rows.length, 2);
  });

  it('stops between batches', async () => {
    const controller = new AbortController();
    await assert.rejects(
      evaluate({
        signal: controller.signal,
        onProgress: ({ done }) => {
          if (done > 0) controller.abort();
        },
      }),
      (error) => error instanceof M2atError && error.code === 'cancelled',
    );
    assert.deepEqual(await readTransfer(runDirectory(root, run)), { verified: true });
  });

  it('takes the input of a network as its attack did, or as it is told, and says how', async () => {
    const texts: string[] = [];
    const onLog = (text: string): void => void texts.push(text);
    // Both networks answer the same for any range; the order of the colours decides.
    const { record } = await attack({ input: { channelOrder: 'BGR' }, probe: false });
    const runs = [{ root, id: record.id }];
    const { rows } = await evaluate({ runs, onLog });
    assert.match(texts.join('\n'), /mean.model\.json: Input: .*order of channels BGR \(by a flag\)/);
    assert.match(texts.join('\n'), /brightest.model\.json: Input: .*order of channels RGB \(assumed\)/);
    assert.deepEqual(
      rows.filter(({ source: { group } }) => group === 0).map(({ clean }) => clean?.count),
      [10, 30],
    );
    const told = await evaluate({ runs, input: { channelOrder: 'RGB' } });
    assert.equal(told.rows[0]?.clean?.count, 30);
  });

  it('finds a run by its id or its directory', () => {
    assert.deepEqual(runAddress(run, root), { root, id: run });
    assert.deepEqual(runAddress(runDirectory(root, run), '/elsewhere'), {
      root: path.resolve(root),
      id: run,
    });
    assert.throws(() => runAddress(path.join(root, 'mean'), root), /is no run/);
  });
});
