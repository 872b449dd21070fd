import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import * as z from 'zod';

export interface PeakNetwork {
  /** As experiments give it. */
  readonly model: object;
  /** Of the training; attacks have half of it. */
  readonly batchSize: number;
  /** Of the training. */
  readonly steps: number;
}

const lastLine = z.object({ estimate: z.number(), peak: z.number(), weights: z.number() });
export type Peak = z.output<typeof lastLine>;

/** What is attacked, and how: by gradients in a loop, by gradients with restarts of steps, and by queries. */
const attacks = [
  { name: 'pgd', steps: 3 },
  { name: 'apgd-ce', steps: 3, restarts: 1 },
  { name: 'square', queries: 20, restarts: 1 },
];

/** Trains a network with M2AT, and attacks it, in a process each. Linux only: elsewhere nobody says what the peak was. */
export async function peaksOf({
  model,
  batchSize,
  steps,
}: PeakNetwork): Promise<{ training: Peak; attack: Peak }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'm2at-peaks-'));
  try {
    const training = await peakOf(folder, { kind: 'train', model, batchSize, steps, count: batchSize });
    const size = { batchSize: Math.ceil(batchSize / 2), count: batchSize };
    const attack = await peakOf(folder, { kind: 'attack', ...size, attacks });
    return { training, attack };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function peakOf(folder: string, task: object): Promise<Peak> {
  const script = path.join(__dirname, 'peak-child.js');
  const { stdout } = await promisify(execFile)(process.execPath, [script, JSON.stringify(task)], {
    cwd: folder,
  });
  return lastLine.parse(JSON.parse(stdout.trim().split('\n').at(-1) ?? ''));
}

/** What is estimated is enough, and at most half as much again. */
export function assertNear(kind: string, { estimate, peak }: Peak): void {
  const ratio = estimate / peak;
  const text = `${kind}: ${(estimate / 1e6).toFixed(0)} MB of ${(peak / 1e6).toFixed(0)} MB`;
  assert.ok(ratio >= 1 && ratio <= 1.5, `${text} is ${ratio.toFixed(2)} times`);
}

/** Ends a test where the peak of a process can't be read. */
export function onLinuxOnly(context: Mocha.Context): void {
  if (process.platform === 'linux') return;
  console.log('      skipped: only Linux tells the peak of a process (VmHWM in /proc/self/status)');
  context.skip();
}
