import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readIndices } from '../../../src/cli/commands/attack-flags';
import { readRecords } from '../../../src/core/data/sets/cifar/read-records';
import { cifar10Format } from '../../../src/core/data/sets/cifar10/source';
import { convertPng, readLabels } from '../../../src/core/data/sets/cifar10/png';
import { readNpy } from '../../../src/core/data/npy-file';
import { hashFile } from '../../../src/core/data/checksum';
import { M2atError } from '../../../src/core/errors';
import { loadExperiment } from '../../../src/core/experiment/load-experiment';
import { readSidecar } from '../../../src/core/models/input/input-spec';
import { readModelJson } from '../../../src/core/models/model-json';
import { readModelProto } from '../../../src/core/models/onnx/read-graph';
import { readShardBytes } from '../../../src/core/models/weight-shards';
import { AttackJournal } from '../../../src/core/attacking/attack-journal';
import { readTask } from '../../../src/core/runs/stored-task';
import { readMetrics } from '../../../src/core/runs/metrics-file';
import { readExperiment, readRecord, readRun } from '../../../src/core/runs/run-store';
import { runCheckpoints } from '../../../src/extension/checkpoint/run-checkpoints';
import { formats } from '../../../src/core/models/formats';
import { sniffFormat } from '../../../src/core/models/formats/find-format';
import { whyNoCheckpoint } from '../../../src/extension/checkpoint/why-no-checkpoint';
import { RunFollower } from '../../../src/extension/runs/run-follower';
import { oddFiles } from '../../support/odd-files';

const id = '2026-01-01-000000-test-0000';
const inRun = (name: string): string => path.join('.m2at', 'runs', id, name);

interface Reader {
  /** Below a root. */
  readonly file: string;
  readonly read: (file: string, root: string) => Promise<unknown>;
  readonly json?: boolean;
}

/** Those that say what is wrong. */
const readers: readonly Reader[] = [
  { file: 'a.m2at.json', read: (file) => loadExperiment(file), json: true },
  { file: 'indices.json', read: (file) => readIndices(file), json: true },
  { file: 'net.m2at-model.json', read: (file) => readSidecar(file), json: true },
  { file: 'model.json', read: (file) => readModelJson(file), json: true },
  { file: 'labels.json', read: (file) => readLabels(file, 1), json: true },
  { file: 'net.onnx', read: (file) => readModelProto(file) },
  { file: 'w.bin', read: (_, root) => readShardBytes(['w.bin'], 4, path.join(root, 'model.json')) },
  { file: 'x.npy', read: (file) => readNpy(file, () => undefined) },
  { file: 'x.png', read: (file) => convertPng(file, [1], `${file}.bin`) },
  { file: 'x.bin', read: (_, root) => readRecords(root, [{ name: 'x.bin', records: 10 }], 1, cifar10Format) },
  { file: 'x.tgz', read: (file) => hashFile(file, 100) },
  { file: inRun('attack.json'), read: (_, root) => readTask(root, id), json: true },
  { file: inRun('experiment.json'), read: (_, root) => readExperiment(root, id), json: true },
  { file: inRun('metrics.jsonl'), read: (file) => readMetrics(file) },
  { file: inRun('attack-state.jsonl'), read: (file) => new AttackJournal(file).read() },
];

/** Parts of a run that are left out where they can't be read. */
const parts = [
  'run.json',
  'report.json',
  'transfer.json',
  'corruptions.json',
  'corruptions/0.png',
  'samples/1.json',
  'samples/1.png',
  'gallery/0.json',
]
  .concat(['gallery/0.png', 'metrics.jsonl', 'checkpoints/last/model.json', 'checkpoints/best/model.json'])
  .map(inRun);

describe('whatever reads a file', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(path.join(tmpdir(), 'm2at-readers-'));
    for (const folder of ['samples', 'gallery', 'corruptions', 'checkpoints/last', 'checkpoints/best']) {
      await mkdir(path.join(root, inRun(folder)), { recursive: true });
    }
  });
  afterEach(() => rm(root, { recursive: true, maxRetries: 3 }));

  const outside = /leads out of its folder|leads outside the model's folder/;

  for (const { what, make, expected } of oddFiles) {
    it(`${what}: one message, at once, whichever file it is in the place of`, async () => {
      const before = process.memoryUsage().rss;
      for (const { file, read } of readers) {
        const place = path.join(root, file);
        await make(place);
        // Of these the start alone is read, however large they are.
        if (['x.bin', 'x.npy'].includes(file) && expected.test('10 bytes')) continue;
        await assert.rejects(
          () => read(place, root),
          (error) => {
            assert.ok(error instanceof M2atError, `${file}: ${String(error)}`);
            assert.ok(expected.test(error.message) || outside.test(error.message), error.message);
            assert.doesNotMatch(error.message, /\n {4}at /);
            return true;
          },
          file,
        );
      }
      assert.ok(process.memoryUsage().rss - before < 100 * 2 ** 20);
    });

    it(`${what} in a run: the extension host leaves it out`, async () => {
      const before = process.memoryUsage().rss;
      for (const part of parts) await make(path.join(root, part));
      const { events = [] } = (await new RunFollower(root, id).read()) ?? {};
      const [first] = events;
      assert.ok(first?.type === 'record' && first.record.status === 'failed');
      assert.ok(events.every(({ type }) => ['record', 'log', 'transfer'].includes(type)));
      assert.match((await readRecord(root, id)).message ?? '', /^run\.json /);
      await runCheckpoints(path.join(root, '.m2at', 'runs', id));
      const model = path.join(root, 'net.onnx');
      await make(model);
      assert.equal(await sniffFormat(formats, model), undefined);
      assert.match(await whyNoCheckpoint(formats, model, 'net.onnx'), /^net\.onnx is /);
      assert.ok(process.memoryUsage().rss - before < 100 * 2 ** 20);
    });
  }

  it('JSON that is nested too deep is one message', async () => {
    for (const { file, read, json } of readers) {
      if (json !== true) continue;
      const place = path.join(root, file);
      await writeFile(place, `{"a": ${'['.repeat(100_000)}${']'.repeat(100_000)}}`);
      await assert.rejects(() => read(place, root), /nested more than 100 deep/, file);
      await writeFile(place, Buffer.from('\uFEFF{}', 'utf16le'));
      await assert.rejects(() => read(place, root), /is a text in UTF-16/, file);
    }
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}\n`;
    await writeFile(path.join(root, inRun('metrics.jsonl')), deep);
    for (const name of ['run.json', 'report.json', 'transfer.json', 'corruptions.json', 'samples/1.json']) {
      await writeFile(path.join(root, inRun(name)), deep);
    }
    const run = await readRun(root, id);
    assert.deepEqual(
      [run.rows, run.samples, run.report, run.transfer, run.corruptions],
      [[], undefined, undefined, undefined, undefined],
    );
  });

  it('a byte order mark is read over', async () => {
    const mark = '\uFEFF';
    await writeFile(path.join(root, 'indices.json'), `${mark}[1]`);
    assert.deepEqual(await readIndices(path.join(root, 'indices.json')), [1]);
    await writeFile(path.join(root, 'net.m2at-model.json'), `${mark}{"layout": "NHWC"}`);
    assert.deepEqual(await readSidecar(path.join(root, 'net.m2at-model.json')), { layout: 'NHWC' });
    await writeFile(path.join(root, 'model.json'), `${mark}{"format": "layers-model"}`);
    assert.deepEqual(await readModelJson(path.join(root, 'model.json')), { format: 'layers-model' });
    assert.equal((await sniffFormat(formats, path.join(root, 'model.json')))?.id, 'layers-model');
    const row = {
      kind: 'step',
      step: 1,
      epoch: 0,
      elapsedSeconds: 1,
      loss: 1,
      batchAccuracy: 1,
      learningRate: 1,
    };
    const metrics = path.join(root, inRun('metrics.jsonl'));
    await writeFile(metrics, `${mark}${JSON.stringify({ ...row, imagesPerSecond: 1 })}\n`);
    assert.equal((await readMetrics(metrics)).rows.length, 1);
  });
});
