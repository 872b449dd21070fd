import assert from 'node:assert/strict';
import { cp, lstat, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Device } from '../../../src/core/engine/devices/device';
import { openDevice } from '../../../src/core/engine/devices/devices';
import { M2atError } from '../../../src/core/errors';
import { resumeJob } from '../../../src/core/jobs/resume-job';
import { parseMetricLine } from '../../../src/core/runs/metrics-file';
import { findResumePoint } from '../../../src/core/runs/resume-point';
import type { RunRecord } from '../../../src/core/records/run-files';
import { readRecord, readRun, runDirectory } from '../../../src/core/runs/run-store';
import { trainRun, type TrainRunOptions } from '../../../src/core/training/train-run';
import { changeRecord } from '../../support/run-json';
import { observed, temporaryRoot, tinyDataset, tinyExperiment } from './tiny-task';

const dataset = tinyDataset();

/** An evaluation, and so a checkpoint, at steps 2, 4, 5, 6, … of 10. */
function experiment() {
  const changed = tinyExperiment({ samples: { count: 2, everySteps: 2 } });
  changed.evaluation.everyEpochs = 0.4;
  return changed;
}

describe('a damaged training run', () => {
  let device: Device;
  /** One that was never stopped, and one that was stopped in the middle: copied for each test. */
  let kept: string;
  let whole: string;
  let stopped: string;
  let root: string;
  before(async function () {
    this.timeout(60_000);
    device = await openDevice('onnx-cpu', { threads: 1 });
    kept = await temporaryRoot();
    root = kept;
    whole = (await train()).id;
    const controller = new AbortController();
    const stopping = observed(device, (program, count) => {
      if (program === 'train-step' && count === 8) controller.abort();
    });
    stopped = (await train({ signal: controller.signal, resources: { dataset, device: stopping } })).id;
  });
  after(async () => {
    await device.dispose();
    await rm(kept, { recursive: true });
  });
  beforeEach(async () => {
    root = await temporaryRoot();
    await cp(kept, root, { recursive: true });
  });
  afterEach(() => rm(root, { recursive: true }));

  const train = (changes: Partial<TrainRunOptions> = {}): Promise<RunRecord> =>
    trainRun({
      experiment: experiment(),
      root,
      signal: new AbortController().signal,
      onEvent: () => undefined,
      resources: { dataset, device },
      ...changes,
    });
  const file = (...names: string[]): string => path.join(runDirectory(root, stopped), ...names);
  const last = (...names: string[]): string => file('checkpoints', 'last', ...names);
  const flip = async (name: string): Promise<void> => {
    const bytes = await readFile(name);
    bytes.writeUInt8(bytes.readUInt8(bytes.length >> 1) ^ 1, bytes.length >> 1);
    await writeFile(name, bytes);
  };
  /** The weights that a checkpoint of the stopped run names. */
  const weightsOf = async (...description: string[]): Promise<string> => {
    const { weightsManifest } = JSON.parse(await readFile(file(...description), 'utf8')) as {
      weightsManifest: [{ paths: [string] }];
    };
    return file(...description.slice(0, -1), weightsManifest[0].paths[0]);
  };
  /** Bits of both checkpoints, evaluations and samples of a run. */
  const resultOf = async (id: string): Promise<unknown> => {
    const folder = runDirectory(root, id);
    const shards = async (which: string): Promise<string[]> => {
      const inside = path.join(folder, 'checkpoints', which);
      const json = JSON.parse(await readFile(path.join(inside, 'model.json'), 'utf8')) as {
        weightsManifest: [{ paths: [string] }];
        userDefinedMetadata: { optimizerFile: string; step: number; bestRobustAccuracy: number };
      };
      const { optimizerFile, step, bestRobustAccuracy } = json.userDefinedMetadata;
      const read = async (name: string): Promise<string> =>
        (await readFile(path.join(inside, name))).toString('hex');
      const bytes = [await read(json.weightsManifest[0].paths[0]), await read(optimizerFile)];
      return [String(step), String(bestRobustAccuracy), ...bytes];
    };
    const { rows, record } = await readRun(root, id);
    const evaluations = rows.flatMap((row) =>
      row.kind === 'evaluation'
        ? [[row.step, row.final, row.loss, row.cleanAccuracy, row.robustAccuracy]]
        : [],
    );
    const samples = (await readdir(path.join(folder, 'samples'))).filter((name) => name.endsWith('.json'));
    const accuracies = [record.status, record.cleanAccuracy, record.robustAccuracy];
    return { last: await shards('last'), best: await shards('best'), evaluations, samples, accuracies };
  };
  const logOf = (): Promise<string> => readFile(file('log.txt'), 'utf8');
  const isWhole = async (): Promise<void> => {
    assert.deepEqual(await resultOf(stopped), await resultOf(whole));
  };

  it('goes on from the checkpoint before the damaged last one, to the same bits', async () => {
    await flip(await weightsOf('checkpoints', 'last', 'model.json'));
    const resumed = await train({ resume: stopped });
    await isWhole();
    assert.match(
      resumed.warnings?.join() ?? '',
      /last.*is not as it was saved.*goes on from .*previous\.json, step 6/,
    );
    assert.match(await logOf(), /warn .*goes on from .*previous\.json/);
    assert.deepEqual((await readRecord(root, stopped)).warnings, resumed.warnings);
  });

  it('goes on from there for each way in which a checkpoint is damaged', async () => {
    for (const damage of [
      () => rm(last('model.json')),
      () => writeFile(last('model.json'), ''),
      async () => rm(await weightsOf('checkpoints', 'last', 'model.json')),
      async () => {
        const json = await readFile(last('model.json'), 'utf8');
        await writeFile(last('model.json'), json.replace(/"step":\d/, '"step":9'));
      },
    ]) {
      await rm(root, { recursive: true });
      await cp(kept, root, { recursive: true });
      await damage();
      const point = await findResumePoint(runDirectory(root, stopped));
      point?.checkpoint.model.dispose();
      assert.match(point?.file ?? '', /previous\.json$/);
      assert.equal(point?.warnings.length, 1);
    }
  });

  it('goes on from the best checkpoint when both of the last are damaged', async () => {
    await flip(await weightsOf('checkpoints', 'last', 'model.json'));
    await flip(await weightsOf('checkpoints', 'last', 'previous.json'));
    const resumed = await train({ resume: stopped });
    await isWhole();
    assert.equal(resumed.warnings?.length, 2);
    assert.ok(resumed.warnings.every((text) => /goes on from .*best/.test(text)));
  });

  it('refuses to begin again by itself when no checkpoint can be read, and does so when it is told to', async () => {
    const before = await readFile(file('metrics.jsonl'));
    for (const damage of [
      async () => {
        await flip(await weightsOf('checkpoints', 'last', 'model.json'));
        await flip(await weightsOf('checkpoints', 'last', 'previous.json'));
        await flip(await weightsOf('checkpoints', 'best', 'model.json'));
      },
      () => rm(file('checkpoints'), { recursive: true }),
      () =>
        symlink(path.join(kept, '.m2at', 'runs', stopped, 'checkpoints'), file('checkpoints'), 'junction'),
    ]) {
      await damage();
      const isLink = (await lstat(file('checkpoints')).catch(() => undefined))?.isSymbolicLink() ?? false;
      await assert.rejects(
        train({ resume: stopped }),
        (error) =>
          error instanceof M2atError &&
          error.code === 'no-checkpoint' &&
          error.what.includes('checkpoints is a link') === isLink &&
          (error.hint ?? '').includes('--from-start'),
      );
      assert.deepEqual(await readFile(file('metrics.jsonl')), before);
    }
    assert.equal((await train({ resume: stopped, fromStart: true })).status, 'done');
    await isWhole();
  });

  it('simply begins when it had neither a checkpoint nor metrics', async () => {
    await rm(file('checkpoints'), { recursive: true });
    await rm(file('metrics.jsonl'));
    await train({ resume: stopped });
    await isWhole();
  });

  it('says which rows of its metrics are lost, shows none that is another, and ends the same', async () => {
    const text = await readFile(file('metrics.jsonl'), 'utf8');
    const lines = text.trimEnd().split('\n');
    const loss = /"loss":(\d)/.exec(lines[0] ?? '')?.[1] ?? '';
    await writeFile(
      file('metrics.jsonl'),
      text.replace(`"loss":${loss}`, `"loss":${(Number(loss) + 1) % 10}`),
    );
    const { rows, record, problems } = await readRun(root, stopped);
    assert.equal(rows.length, lines.length - 1);
    assert.match(problems.join(), new RegExp(`${lines.length - 1} of the ${lines.length} rows`));
    assert.deepEqual(record.warnings, problems);
    // Whole lines that are missing are noticed, too.
    await writeFile(file('metrics.jsonl'), `${lines.slice(1).join('\n')}\n`);
    assert.equal((await readRun(root, stopped)).problems.length, 1);

    const resumed = await train({ resume: stopped });
    await isWhole();
    assert.match(
      resumed.warnings?.join() ?? '',
      /metrics\.jsonl is damaged.*rows before step \d+ are missing/,
    );
    for (const line of (await readFile(file('metrics.jsonl'), 'utf8')).trimEnd().split('\n')) {
      assert.equal(parseMetricLine(line)?.verified, true);
    }
  });

  it('is not gone on with by other settings, nor without its record', async () => {
    const resume = (): Promise<unknown> =>
      resumeJob({ root, id: stopped, signal: new AbortController().signal, onEvent: () => undefined });
    const text = await readFile(file('experiment.json'), 'utf8');
    await writeFile(file('experiment.json'), text.replace('"seed": 3', '"seed": 4'));
    await assert.rejects(resume(), /experiment\.json: is not as the run wrote it/);
    await writeFile(file('experiment.json'), text);
    await flip(file('run.json'));
    await assert.rejects(resume(), /run\.json: is damaged, or was changed/);
    assert.match((await readRecord(root, stopped)).message ?? '', /is damaged/);
    await rm(file('run.json'));
    await assert.rejects(resume(), /run\.json: is missing/);
  });

  it('of a version without checksums is gone on with, and said to be unverified', async () => {
    await changeRecord(runDirectory(root, stopped), { checksums: undefined });
    const json = JSON.parse(await readFile(last('model.json'), 'utf8')) as object;
    await writeFile(last('model.json'), JSON.stringify({ ...json, checksums: undefined }));
    const metrics = (await readFile(file('metrics.jsonl'), 'utf8')).replaceAll(/,"sum":"\w+"/g, '');
    await writeFile(file('metrics.jsonl'), metrics);
    const { unverified, problems } = await readRun(root, stopped);
    assert.deepEqual([unverified, problems], [['metrics.jsonl'], []]);
    const resumed = await train({ resume: stopped });
    await isWhole();
    assert.equal(resumed.warnings, undefined);
    assert.match(
      await logOf(),
      /info .*last\/model\.json is of a version without checksums: it is unverified/,
    );
  });
});
