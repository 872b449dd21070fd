import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Device, NodeFallback } from '../../../src/core/engine/devices/device';
import { openDevice } from '../../../src/core/engine/devices/devices';
import { DeviceReporter, deviceRecordOf } from '../../../src/core/runs/device-reporter';
import { attackReport, runRecord } from '../../../src/core/records/run-files';
import { newRecord } from '../../../src/core/runs/run-lifecycle';
import { readRecord } from '../../../src/core/runs/run-store';
import { RunWriter } from '../../../src/core/runs/run-writer';
import { temporaryRoot } from '../training/tiny-task';

describe('what a record says about its device', () => {
  let root: string;
  let writer: RunWriter;
  let device: Device;
  before(async () => {
    device = await openDevice('onnx-cpu', { threads: 1 });
  });
  after(() => device.dispose());
  beforeEach(async () => {
    root = await temporaryRoot();
    const record = newRecord({ id: 'a-run', kind: 'train', name: 'a run', source: undefined });
    writer = new RunWriter(root, record, () => undefined);
    await writer.open();
  });
  afterEach(() => {
    writer.close();
    return rm(root, { recursive: true });
  });
  const log = (): Promise<string> => readFile(path.join(writer.folder, 'log.txt'), 'utf8').catch(() => '');

  /** The CPU device under the circumstances of a test. */
  const circumstances = (fallbacks: NodeFallback[], insteadOf?: Device['details']['insteadOf']): Device => ({
    name: device.name,
    description: device.description,
    details: { ...device.details, ...(insteadOf ? { insteadOf } : {}) },
    fallbacks: () => fallbacks,
    compile: (name, program) => device.compile(name, program),
    synchronize: () => device.synchronize(),
    dispose: () => Promise.resolve(),
  });

  it('names provider, threads, layout and versions; nothing falls back from the CPU', async () => {
    const reporter = new DeviceReporter(device, writer);
    await reporter.begin();
    await device
      .compile('any', (x) => [tf.sign(x)])
      .run({ dtype: 'float32', shape: [1], data: new Float32Array(1) });
    await reporter.refresh();
    const record = await readRecord(root, 'a-run');
    assert.equal(record.device, 'onnx-cpu');
    assert.deepEqual(record.deviceDetails, deviceRecordOf(device));
    assert.equal(record.deviceDetails.provider, 'CPUExecutionProvider');
    assert.equal(record.deviceDetails.threads, 1);
    assert.match(record.deviceDetails.layout ?? '', /^NCHW/);
    assert.match(record.deviceDetails.versions['onnxruntime-node'] ?? '', /^\d+\.\d+/);
    assert.deepEqual(record.deviceDetails.fallbacks, []);
    assert.doesNotMatch(await log(), /warn/);
  });

  it('tells once of each group of nodes that fell back, and names every node', async () => {
    const fallback = (program: string, node: string): NodeFallback => ({
      program,
      op: 'Sign',
      node,
      provider: 'CPUExecutionProvider',
    });
    const fallbacks = [fallback('pgd-steps', 's1')];
    const reporter = new DeviceReporter(circumstances(fallbacks), writer);
    await reporter.begin();
    await reporter.refresh();
    fallbacks.push(fallback('pgd-steps', 's2'), fallback('check', 's3'));
    await reporter.refresh();
    await reporter.refresh();
    const record = await readRecord(root, 'a-run');
    const group = { op: 'Sign', provider: 'CPUExecutionProvider' };
    assert.deepEqual(record.deviceDetails?.fallbacks, [
      { program: 'pgd-steps', ...group, nodes: ['s1', 's2'] },
      { program: 'check', ...group, nodes: ['s3'] },
    ]);
    const warnings = (await log()).split('\n').flatMap((line) => line.split(' warn  ')[1] ?? []);
    assert.deepEqual(warnings, [
      'pgd-steps: 1 Sign node runs on CPUExecutionProvider, not on CPUExecutionProvider.',
      'pgd-steps: 2 Sign nodes run on CPUExecutionProvider, not on CPUExecutionProvider.',
      'check: 1 Sign node runs on CPUExecutionProvider, not on CPUExecutionProvider.',
    ]);
  });

  it('says which device was asked for, and why it was not that one', async () => {
    const insteadOf = { name: 'onnx-cuda', reason: 'its library is missing' } as const;
    await new DeviceReporter(circumstances([], insteadOf), writer).begin();
    assert.deepEqual((await readRecord(root, 'a-run')).deviceDetails?.insteadOf, insteadOf);
    assert.match(
      await log(),
      /warn +onnx-cuda was asked for, but onnx-cpu computes instead: its library is missing/,
    );
  });

  it('is not needed to read what older versions wrote', () => {
    const record = {
      version: 1,
      id: 'old',
      kind: 'train',
      name: 'old',
      status: 'done',
      startedAt: '2026-01-02T03:04:05.000Z',
      device: 'onnx-cpu',
      versions: { m2at: '0.1.0' },
    };
    assert.equal(runRecord.parse(record).deviceDetails, undefined);
    const report = {
      version: 1,
      checkpoint: 'model.json',
      format: 'layers-model',
      dataset: 'cifar10',
      count: 1,
      seed: 0,
      device: 'onnx-cpu',
      cleanAccuracy: 1,
      robustAccuracy: 1,
      warnings: [],
      attacks: [],
    };
    assert.equal(attackReport.parse(report).device, 'onnx-cpu');
  });
});
