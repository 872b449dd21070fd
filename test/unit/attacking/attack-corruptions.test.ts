import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { attackSummary } from '../../../src/cli/attack-summary';
import { resumeAttack } from '../../../src/core/attacking/attack-resume';
import { attackRun, type AttackRunOptions } from '../../../src/core/attacking/attack-run';
import { corruptions as list } from '../../../src/core/corruptions';
import { corruptionParameters } from '../../../src/core/corruptions/corruption-parameters';
import { encodeNpyHeader, encodeNpyLabels } from '../../../src/core/data/npy';
import type { Device } from '../../../src/core/engine/devices/device';
import { openDevice } from '../../../src/core/engine/devices/devices';
import { Random } from '../../../src/core/random';
import { runEvent, type RunEvent } from '../../../src/core/records/run-event';
import { readRun } from '../../../src/core/runs/run-store';
import { trainRun, type TrainRunOptions } from '../../../src/core/training/train-run';
import { requested } from '../attacks/named';
import { trainTinyCheckpoint } from '../runs/tiny-checkpoint';
import { temporaryRoot, tinyDataset, tinyExperiment } from '../training/tiny-task';

const COUNT = 70;
const SIZE = 8 * 8 * 3;

describe('corruptions beside attacks', function () {
  this.timeout(120_000);
  const dataset = tinyDataset(40, 80);
  let root: string;
  let checkpoint: string;
  let device: Device;

  before(async () => {
    device = await openDevice('onnx-cpu', { threads: 1 });
    root = await temporaryRoot();
    checkpoint = await trainTinyCheckpoint(root, { dataset, device });
  });
  after(async () => {
    await device.dispose();
    await rm(root, { recursive: true });
  });

  const attack = (changes: Partial<AttackRunOptions> = {}): ReturnType<typeof attackRun> =>
    attackRun({
      checkpoint,
      attacks: [],
      count: COUNT,
      seed: 4,
      batchSize: 32,
      device: 'auto',
      threads: 1,
      root,
      signal: new AbortController().signal,
      onEvent: () => undefined,
      resources: { dataset, device },
      ...changes,
    });

  /** The accuracy on images that are given as an array: another way through the product. */
  async function accuracyOn(images: Uint8Array): Promise<number> {
    const folder = path.join(root, 'arrays');
    await mkdir(folder, { recursive: true });
    const files = { images: path.join(folder, 'x.npy'), labels: path.join(folder, 'y.npy') };
    const header = encodeNpyHeader('|u1', [images.length / SIZE, 8, 8, 3]);
    await writeFile(files.images, Buffer.concat([header, images]));
    await writeFile(files.labels, encodeNpyLabels(dataset.test.labels.slice(0, images.length / SIZE)));
    const { report } = await attack({
      attacks: [requested({ name: 'fgsm' })],
      arrays: files,
      count: undefined,
      resources: { device },
    });
    return report.cleanAccuracy;
  }

  it('are measured alone: the accuracies are those of the corrupted images', async () => {
    const events: RunEvent[] = [];
    const parameters = corruptionParameters.parse({ names: ['fog', 'impulse_noise'], severities: [5, 2] });
    const { record, report, corruptions } = await attack({
      corruptions: parameters,
      onEvent: (_, event) => events.push(runEvent.parse(event)),
    });
    assert.deepEqual([record.status, record.cleanAccuracy], ['done', report.cleanAccuracy]);
    assert.equal(record.robustAccuracy, undefined, 'nothing was attacked');
    assert.deepEqual(report.attacks, []);
    assert.doesNotMatch(attackSummary(report), /worst/);
    assert.ok(corruptions);
    assert.deepEqual(
      corruptions.rows.map(({ corruption, severity }) => [corruption, severity]),
      [
        ['impulse_noise', 2],
        ['impulse_noise', 5],
        ['fog', 2],
        ['fog', 5],
      ],
    );
    for (const { corruption: name, severity, accuracy } of corruptions.rows) {
      const corruption = list.find((one) => one.name === name);
      const images = dataset.test.images.slice(0, COUNT * SIZE);
      for (let n = 0; n < COUNT; n++) {
        const image = { pixels: images.slice(n * SIZE, (n + 1) * SIZE), height: 8, width: 8, channels: 3 };
        const draws = Random.keyed(4, `corruption-${name}`, severity, n);
        images.set(corruption?.apply(image, severity, draws) ?? [], n * SIZE);
      }
      assert.equal(accuracy, await accuracyOn(images), `${name} ${severity}`);
    }
    assert.notEqual(corruptions.rows[3]?.accuracy, report.cleanAccuracy, 'fog 5 is hard for this network');

    const stored = await readRun(root, record.id);
    assert.deepEqual(stored.corruptions?.table, corruptions);
    const told = events.flatMap((event) => (event.type === 'corruptions' ? [event] : []));
    assert.deepEqual(
      told.map(({ table }) => table.rows.length),
      [2, 4],
    );
    assert.deepEqual(stored.corruptions.pictures, told[1]?.pictures);
    const { grid } = told[1]?.pictures ?? {};
    assert.deepEqual([grid?.rows.length, grid?.columns.length], [3, 2]);
    assert.deepEqual(Object.keys(grid?.rows[1]?.predictions ?? {}), ['2', '5']);
    const log = events.flatMap((event) => (event.type === 'log' ? [event.text] : []));
    assert.ok(log.some((text) => /^Corruptions computed here, .* on 70 images: mean accuracy/.test(text)));
  });

  it("are taken from the user's files", async () => {
    const folder = path.join(root, 'files');
    await mkdir(folder);
    const clean = dataset.test.images;
    const black = new Uint8Array(clean.length);
    await writeFile(
      path.join(folder, 'fog.npy'),
      Buffer.concat([encodeNpyHeader('|u1', [400, 8, 8, 3]), clean, clean, black, clean, black]),
    );
    await writeFile(path.join(folder, 'labels.npy'), encodeNpyLabels(dataset.test.labels));
    const { report, corruptions } = await attack({
      attacks: [requested({ name: 'fgsm' })],
      corruptions: corruptionParameters.parse({ names: ['fog'], folder }),
    });
    const onBlack = await accuracyOn(black.slice(0, COUNT * SIZE));
    assert.ok(onBlack < 0.5 && report.cleanAccuracy > 0.9);
    const { cleanAccuracy: whole } = report;
    assert.deepEqual(
      corruptions?.rows.map(({ accuracy }) => accuracy),
      [whole, whole, onBlack, whole, onBlack],
    );
    assert.deepEqual([corruptions.origin, corruptions.folder, corruptions.notes], ['files', folder, []]);
    assert.equal(report.attacks.length, 1);
  });

  it('go on after the last whole corruption, to the same table and pictures', async () => {
    const corruptions = corruptionParameters.parse({
      names: ['gaussian_noise', 'fog', 'frost'],
      severities: [1, 4],
    });
    const whole = await attack({ corruptions });
    const stop = new AbortController();
    const stopped = await attack({
      corruptions,
      signal: stop.signal,
      onEvent: (_, event) => {
        if (event.type === 'corruptions' && event.table.rows.length === 4) stop.abort();
      },
    });
    assert.equal(stopped.record.status, 'stopped');
    assert.equal(stopped.corruptions?.rows.length, 4);
    const counts: number[] = [];
    const resumed = await resumeAttack({
      id: stopped.record.id,
      root,
      signal: new AbortController().signal,
      onEvent: (_, event) => {
        if (event.type === 'corruptions') counts.push(event.table.rows.length);
      },
      resources: { dataset, device },
    });
    assert.equal(resumed.record.status, 'done');
    assert.deepEqual(counts, [6]);
    assert.deepEqual(resumed.corruptions, whole.corruptions);
    const pictures = async (id: string) => (await readRun(root, id)).corruptions?.pictures;
    assert.deepEqual(await pictures(resumed.record.id), await pictures(whole.record.id));
  });

  it('follow the final evaluation of a training run, and go on after the last whole one', async () => {
    const corruptions = { names: ['fog', 'pixelate'], severities: [3] };
    const evaluation = {
      during: { count: 6, attacks: [] },
      final: { count: 9, attacks: [{ name: 'fgsm' }], corruptions },
    };
    const stopping = new AbortController();
    const counts: number[] = [];
    const train = (signal: AbortSignal, more: Pick<TrainRunOptions, 'resume' | 'fromStart'> = {}) =>
      trainRun({
        ...{ experiment: tinyExperiment({ evaluation }), root, signal, ...more },
        onEvent: (_, event) => {
          if (event.type !== 'corruptions') return;
          counts.push(event.table.rows.length);
          if (counts.length === 1) stopping.abort();
        },
        resources: { dataset, device },
      });
    const { id, status } = await train(stopping.signal);
    const part = await readRun(root, id);
    assert.deepEqual([status, part.corruptions?.table.rows.length], ['stopped', 1]);
    const { signal } = new AbortController();
    assert.equal((await train(signal, { resume: id })).status, 'done');
    assert.deepEqual(counts, [1, 2], 'the first one is not measured again');
    const { corruptions: whole, rows } = await readRun(root, id);
    const final = rows.findLast((row) => row.kind === 'evaluation');
    assert.deepEqual([whole?.table.count, whole?.table.rows.length], [9, 2]);
    assert.deepEqual(whole?.table.rows[0], part.corruptions?.table.rows[0]);
    assert.equal(whole?.table.cleanAccuracy, final?.cleanAccuracy);
  });

  it('are measured anew where a training begins again', async () => {
    const corruptions = { names: ['fog', 'pixelate'], severities: [3] };
    const final = { count: 9, attacks: [], corruptions };
    const experiment = tinyExperiment({ evaluation: { during: { count: 6, attacks: [] }, final } });
    const counts: number[] = [];
    const stopping = new AbortController();
    const options = {
      ...{ experiment, root, resources: { dataset, device } },
      onEvent: (_: string, event: RunEvent) => {
        if (event.type !== 'corruptions') return;
        counts.push(event.table.rows.length);
        stopping.abort();
      },
    };
    const { id } = await trainRun({ ...options, signal: stopping.signal });
    await trainRun({ ...options, signal: new AbortController().signal, resume: id, fromStart: true });
    assert.deepEqual(counts, [1, 1, 2]);
  });

  it('are refused before a training begins, where their files are missing', async () => {
    const final = { count: 9, attacks: [], corruptions: { folder: path.join(root, 'nowhere') } };
    await assert.rejects(
      trainRun({
        experiment: tinyExperiment({ evaluation: { during: { count: 6, attacks: [] }, final } }),
        root,
        signal: new AbortController().signal,
        onEvent: (_, event) => {
          assert.notEqual(event.type, 'metric');
        },
        resources: { dataset, device },
      }),
      /gaussian_noise\.npy: the file is missing/,
    );
  });
});
