import { deserialize, serialize } from 'node:v8';
import type * as z from 'zod';
import { Random } from '../../../src/core/random';
import { reduce } from '../../../src/core/records/run-state';
import { newRunState } from '../../../src/extension/runs/run-state';
import { fromDashboard, toDashboard } from '../../../src/protocol/dashboard-protocol';
import { evaluateRequest, inspectRequest, modelInspection } from '../../../src/protocol/worker-protocol';
import { errorData } from '../../../src/core/scheduler/job-files';
import { attackRequest, resumeRequest, trainRequest } from '../../../src/core/scheduler/job-requests';
import { runEvent } from '../../../src/core/records/run-event';
import { tolerant } from '../../../src/core/tolerant';
import { attackRecord, madeGallery, madeReport } from '../../support/attack-run';
import { corruptionTableOf } from '../../support/corruption-table';
import { transferRow } from '../../support/transfer-row';
import { evaluationRow, runRecord, stepRow } from '../../unit/webview/rows';
import { contentOf, oneFile, type Attempt, type FuzzTarget } from '../fuzz-target';
import { pick } from '../mutate/mutate-bytes';
import { mutateValue } from '../mutate/mutate-json';
import { showRun } from './show-run';

const NAME = 'message.v8';

interface Message {
  readonly name: string;
  readonly schema: z.ZodType;
  readonly value: unknown;
  /** What the receiver does with a message that is valid. */
  readonly use?: (value: unknown) => void;
}

/** Messages between host, worker and webview: as they cross, by structured clone. */
export function protocolTarget(): Promise<FuzzTarget> {
  const all = messages();
  for (const { name, schema, value } of all) {
    const { error } = schema.safeParse(value);
    if (error) throw new Error(`the message ${name} is not valid before it is damaged: ${error.message}`);
  }
  return Promise.resolve({
    input(seed) {
      const random = Random.keyed(seed, 'fuzz-protocol');
      const { name, value } = pick(random, all);
      const changed = mutateValue(value, random);
      return oneFile(NAME, serialize([name, changed.value]), `${name}: ${changed.label}`);
    },
    attempt(input): Promise<Attempt> {
      const [name, value] = deserialize(contentOf(input, NAME)) as [string, unknown];
      const message = all.find((one) => one.name === name);
      const parsed = message?.schema.safeParse(value);
      if (!parsed?.success) return Promise.resolve({ refused: ['not valid'] });
      message?.use?.(parsed.data);
      return Promise.resolve('accepted');
    },
  });
}

function messages(): Message[] {
  const report = madeReport();
  const gallery = madeGallery(report, 0);
  const rows = [stepRow(1), stepRow(2), evaluationRow(2), stepRow(3)];
  const transfer = { version: 1, warnings: ['w'], rows: [transferRow()] };
  const corruptions = { table: corruptionTableOf([30, 10, 36, 20]), pictures: gallery };
  const progress = {
    phase: 'train',
    done: 3,
    total: 9,
    unit: 'steps',
    pass: { index: 0, count: 2 },
    secondsLeft: 5,
  };
  const events: readonly object[] = [
    { type: 'record', record: runRecord({ progress: { step: 1, steps: 9, epoch: 0.1, epochs: 1 } }) },
    { type: 'progress', progress },
    { type: 'metric', row: stepRow(4) },
    { type: 'metric', row: evaluationRow(4) },
    { type: 'samples', ...gallery },
    { type: 'gallery', ...gallery },
    { type: 'report', report },
    { type: 'transfer', transfer },
    { type: 'corruptions', ...corruptions },
    { type: 'log', level: 'info', text: 'text' },
  ];
  const state = {
    type: 'state',
    ...{ record: attackRecord, rows, samples: gallery, report, transfer, galleries: [gallery], progress },
    corruptions,
    ...{ live: false, checkpoint: true, paused: false, trusted: true },
  };
  const shown: readonly object[] = [
    state,
    { type: 'rows', rows },
    { type: 'record', record: attackRecord },
    { type: 'facts', live: true, checkpoint: false, paused: true },
    { type: 'progress', progress },
    { type: 'samples', ...gallery },
    { type: 'gallery', ...gallery },
    { type: 'report', report },
    { type: 'transfer', transfer },
    { type: 'corruptions', ...corruptions },
  ];
  const first = toDashboard.parse({ ...state, rows: [] });
  const root = '/root';
  const error = { code: 'data', what: 'w', where: 'x', hint: 'h' };
  return [
    ...events.map((event, n): Message => ({
      name: `event ${n}`,
      schema: tolerant(runEvent),
      value: event,
      use: (value) => {
        const state = newRunState(runRecord());
        for (const row of rows) reduce(state, { type: 'metric', row });
        reduce(state, tolerant(runEvent).parse(value));
      },
    })),
    ...shown.map((value, n): Message => ({
      name: `to the dashboard ${n}`,
      schema: toDashboard,
      value,
      use: (value) => {
        showRun(toDashboard.parse(value), [first]);
      },
    })),
    { name: 'from the dashboard', schema: fromDashboard, value: { type: 'stop' } },
    {
      name: 'train',
      schema: trainRequest,
      value: { root, file: 'a.m2at.json', runs: ['a'], device: 'auto', threads: 1 },
    },
    {
      name: 'attack',
      schema: attackRequest,
      value: {
        ...{
          root,
          checkpoint: 'a.onnx',
          attacks: [{ name: 'pgd', epsilon: '8/255' }],
          epsilons: [0.1],
          count: 5,
          seed: 0,
        },
        ...{
          arrays: { images: 'x', labels: 'y' },
          dataset: { name: 'cifar10', trainCount: 1 },
          eightBit: true,
        },
      },
    },
    {
      name: 'resume',
      schema: resumeRequest,
      value: { root, run: 'r', kind: 'train', fromStart: true, device: 'onnx-cpu', threads: 2 },
    },
    { name: 'evaluate', schema: evaluateRequest, value: { root, run: 'r', checkpoints: ['a.onnx'] } },
    { name: 'inspect', schema: inspectRequest, value: { checkpoint: 'a.onnx', outputName: 'y' } },
    { name: 'error', schema: errorData, value: error },
    {
      name: 'inspection',
      schema: modelInspection,
      value: {
        ...{
          modelFile: 'a',
          format: 'onnx',
          inputShape: [null, 3, 8, 8],
          outputs: [{ name: 'y', shape: [null, 3] }],
          classes: 3,
        },
        spec: {
          layout: 'NCHW',
          height: 8,
          width: 8,
          channels: 3,
          range: [0, 1],
          channelOrder: 'RGB',
          outputs: 'logits',
        },
        ...{ assumed: ['range'], sidecar: 's', noGradient: error, datasetProblem: 'p', unverified: true },
        origins: Object.fromEntries(
          [
            'layout',
            'size',
            'channels',
            'range',
            'mean',
            'std',
            'channelOrder',
            'classes',
            'outputName',
            'outputs',
          ].map((key) => [key, 'assumed']),
        ),
      },
    },
  ];
}
