import assert from 'node:assert/strict';
import { readFile, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import type { Device } from '../../../src/core/engine/devices/device';
import { openDevice } from '../../../src/core/engine/devices/devices';
import { attackMemory } from '../../../src/core/attacking/attack-memory';
import { resumeAttack, type ResumeAttackOptions } from '../../../src/core/attacking/attack-resume';
import { attackRun, type AttackRunOptions } from '../../../src/core/attacking/attack-run';
import type { RunEvent } from '../../../src/core/records/run-event';
import { runDirectory } from '../../../src/core/records/run-paths';
import { temporaryRoot, tinyDataset } from '../training/tiny-task';
import { trainTinyCheckpoint } from '../runs/tiny-checkpoint';
import { requested } from '../attacks/named';

describe('the memory of an attack', () => {
  const dataset = tinyDataset(40, 2048);
  let trainingRoot: string;
  let checkpoint: string;
  let root: string;
  let device: Device;
  before(async function () {
    this.timeout(60_000);
    device = await openDevice('onnx-cpu', { threads: 1 });
    trainingRoot = await temporaryRoot();
    checkpoint = await trainTinyCheckpoint(trainingRoot, { dataset, device });
  });
  after(async () => {
    await device.dispose();
    await rm(trainingRoot, { recursive: true });
  });
  beforeEach(async () => {
    root = await temporaryRoot();
  });
  afterEach(() => rm(root, { recursive: true }));

  const events: RunEvent[] = [];
  const told = (megabytes: number) => ({
    root,
    signal: new AbortController().signal,
    onEvent: (_: string, event: RunEvent) => void events.push(event),
    resources: {
      dataset,
      device,
      freeMemory: () => Promise.resolve({ bytes: megabytes * 1e6, bound: 'this machine' as const }),
    },
  });
  const attack = (megabytes: number, changes: Partial<AttackRunOptions> = {}) => {
    events.length = 0;
    return attackRun({
      checkpoint,
      attacks: [requested({ name: 'pgd', steps: 2, epsilon: 0.1, stepSize: 0.05 })],
      batchSize: 2048,
      seed: 1,
      device: 'auto',
      threads: 1,
      ...told(megabytes),
      ...changes,
    });
  };
  const resume = (id: string, megabytes: number, changes: Partial<ResumeAttackOptions> = {}) => {
    events.length = 0;
    return resumeAttack({ id, ...told(megabytes), ...changes });
  };
  const logs = (): string[] =>
    events.flatMap((event) => (event.type === 'log' ? [`${event.level}: ${event.text}`] : []));
  const batchOf = async (id: string): Promise<unknown> => {
    const task: unknown = JSON.parse(
      await readFile(path.join(runDirectory(root, id), 'attack.json'), 'utf8'),
    );
    return (task as { batchSize: unknown }).batchSize;
  };

  /** Four fifths of the megabytes that the whole batch takes, which differ between processors. */
  const tooFew = (): number => {
    const [, most = NaN, now = NaN] =
      /Memory: about (\d+) MB at most, (\d+) MB of them now/.exec(logs().join('\n')) ?? [];
    return 0.8 * (Number(most) - Number(now));
  };

  it('takes a smaller batch by itself, which is said and recorded, and gives the same numbers', async function () {
    this.timeout(60_000);
    const tensors = tf.memory().numTensors;
    const whole = await attack(1e6);
    assert.ok(
      logs().some((line) => line.startsWith('info: Memory: about')),
      logs().join('\n'),
    );
    assert.equal(whole.report.batchSize, 2048);
    const less = await attack(tooFew());
    const [, batch = '0'] =
      /Not enough memory: batches of 2048 need about \d+ MB.*Batches of (\d+) are used instead/.exec(
        logs().join(),
      ) ?? [];
    assert.ok(Number(batch) >= 64 && Number(batch) < 2048 && Number(batch) % 4 === 0, logs().join('\n'));
    assert.equal(less.report.batchSize, Number(batch));
    assert.equal(await batchOf(less.record.id), Number(batch));
    const { robustAccuracy, cleanAccuracy } = whole.report;
    assert.deepEqual(
      [less.report.cleanAccuracy, less.report.robustAccuracy],
      [cleanAccuracy, robustAccuracy],
    );
    assert.equal(tf.memory().numTensors, tensors);
  });

  it('is that of the batch that a resumed run began with', async function () {
    this.timeout(60_000);
    const stop = new AbortController();
    await attack(1e6);
    const stopped = await attack(tooFew(), {
      signal: stop.signal,
      onEvent: (_, event) => {
        if (event.type === 'report' && event.report.attacks.length > 0) stop.abort();
      },
    });
    assert.equal(stopped.record.status, 'stopped');
    const batch = await batchOf(stopped.record.id);
    await assert.rejects(
      resume(stopped.record.id, 20),
      /batches of \d+ need.*\n?.*A resumed attack keeps its batch/,
    );
    assert.equal(await batchOf(stopped.record.id), batch);
    const { report } = await resume(stopped.record.id, 1e6);
    assert.deepEqual([report.batchSize, report.count], [batch, 2048]);
  });

  it('is refused where no batch fits, before anything is written, and may be ignored', async function () {
    this.timeout(60_000);
    await assert.rejects(attack(1), /Not even batches of 4 fit.*--ignore-memory/);
    assert.deepEqual(await readdir(root), []);
    const { report } = await attack(1, { ignoreMemory: true });
    assert.equal(report.batchSize, 2048);
    assert.ok(logs().some((line) => /^warn: Memory:.*may be ended/.test(line)));
  });
});

describe('what several attacks need', () => {
  it('is what they share with the largest of them: they come one after the other', async () => {
    const MIB = 2 ** 20;
    const graphs = (...names: string[]): ReadonlyMap<string, number> =>
      new Map(names.map((name) => [name, (name === 'large' ? 700 : 100) * MIB]));
    const device: Pick<Device, 'planMemory'> = {
      planMemory: (parts) => {
        assert.equal(parts.length, 4);
        const found = [graphs('check'), graphs('classify'), graphs('classify', 'large'), graphs('small')];
        return Promise.resolve({ parts: found, arrays: 3 * MIB });
      },
    };
    const part = () => Promise.resolve();
    const parts = () => ({ shared: [part, part], attacks: [part, part] });
    const memory = await attackMemory(device, { batchSize: 6, imageBytes: MIB, parts });
    assert.ok(memory);
    // A tenth more for smaller batches; arrays of a batch of 8, and JavaScript's own memory.
    assert.equal(Math.round(memory.sessions / MIB), 990);
    assert.equal(Math.round(memory.need.more / MIB), 990 + 3 + 12 * 8 + 16);
  });
});
