import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { openDevice } from '../../../src/core/engine/devices/devices';
import { Random } from '../../../src/core/random';
import { listRuns } from '../../../src/core/runs/run-store';
import { pick } from '../mutate/mutate-bytes';
import type { RunChildTask } from '../run-child';
import { assertSame, outcomeOf, type Facts } from './facts';
import { tinyRun, writeTinyModel, type RunKind } from './tiny-runs';

/** Programs of a run, one of which it is killed before. */
const programs: Readonly<Record<RunKind, readonly string[]>> = {
  train: ['train-step', 'train-step', 'pgd-steps', 'classify'],
  attack: ['pgd-steps', 'pgd-steps', 'classify', 'fgsm'],
};

export interface Kills {
  /** Processes that were killed, and runs that went on to their end after that. */
  readonly kills: number;
  readonly ended: number;
  /** Resumes that were refused: nothing was there to go on from. */
  readonly refused: number;
}

/**
 * Starts tiny runs and kills their processes at random moments, goes on with them, and kills those too, until they end:
 * each run that is gone on with ends with the bits of the run that was never killed.
 */
export async function killRuns(folder: string, kind: RunKind, seed: number, wanted: number): Promise<Kills> {
  const random = Random.keyed(seed, 'kills', kind === 'train' ? 0 : 1);
  const model = path.join(folder, 'model');
  await writeTinyModel(model);
  const { facts, milliseconds } = await reference(path.join(folder, 'reference'), model, kind);
  const counts = { kills: 0, ended: 0, refused: 0 };
  for (let n = 0; counts.kills < wanted || counts.ended === 0; n++) {
    const root = path.join(folder, `${kind}-${n}`);
    await mkdir(root);
    let resume: string | undefined;
    for (let attempt = 0; ; attempt++) {
      // In the end it may end.
      const isLast = attempt > 3;
      const task: RunChildTask = { kind, root, model, resume };
      const exact = random.int(2) === 0;
      const killAt: [string, number] = [pick(random, programs[kind]), 1 + random.int(6)];
      const end = await runOnce(
        isLast || !exact ? task : { ...task, killAt },
        isLast || exact ? undefined : random.int(Math.ceil(milliseconds)),
      );
      if (end === 'killed') counts.kills++;
      if (end === 'refused') counts.refused++;
      if (end === 'refused' || end === 'ended') break;
      const [record] = await listRuns(root);
      // Killed before there was a run.
      if (!record) break;
      resume = record.id;
      if (record.status === 'done') break;
    }
    const [record] = await listRuns(root);
    if (record?.status === 'done') {
      assertSame(await outcomeOf(root, record.id, kind), facts);
      counts.ended++;
    }
    await rm(root, { recursive: true, maxRetries: 5 });
  }
  return counts;
}

async function reference(
  root: string,
  model: string,
  kind: RunKind,
): Promise<{ facts: Facts; milliseconds: number }> {
  await mkdir(root);
  const device = await openDevice('onnx-cpu', { threads: 1 });
  try {
    const start = performance.now();
    const { id } = await tinyRun({ kind, root, model, device });
    const milliseconds = performance.now() - start;
    return { facts: await outcomeOf(root, id, kind), milliseconds };
  } finally {
    await device.dispose();
  }
}

async function runOnce(task: RunChildTask, killAfter?: number): Promise<'ended' | 'killed' | 'refused'> {
  const child = spawn(process.execPath, [path.join(__dirname, 'run-child.js'), JSON.stringify(task)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (data: Buffer) => (errors += data.toString()));
  const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  if (killAfter !== undefined) {
    await Promise.race([once(child.stdout, 'data'), exited]);
    // Any moment is meant, and none is waited for.
    await Promise.race([delay(killAfter), exited]);
    child.kill('SIGKILL');
  }
  child.stdout.resume();
  const [code, signal] = await exited;
  if (signal === 'SIGKILL') return 'killed';
  if (code === 0) return 'ended';
  assert.equal(code, 2, errors);
  return 'refused';
}
