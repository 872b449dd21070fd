// Does a tiny run, so that it can be killed: by itself at an exact moment, or by its parent at any.
import * as z from 'zod';
import { openDevice } from '../../src/core/engine/devices/devices';
import { M2atError } from '../../src/core/errors';
import { observed } from '../unit/training/tiny-task';
import { runKinds, tinyRun } from './damage/tiny-runs';

const task = z.strictObject({
  kind: z.enum(runKinds),
  root: z.string(),
  model: z.string(),
  resume: z.string().optional(),
  /** Before the n-th run of a program. */
  killAt: z.tuple([z.string(), z.int()]).optional(),
});
export type RunChildTask = z.output<typeof task>;

/** The exit code of a refusal. */
const REFUSED = 2;

async function main(): Promise<void> {
  const { killAt, ...run } = task.parse(JSON.parse(process.argv[2] ?? ''));
  const device = observed(await openDevice('onnx-cpu', { threads: 1 }), (program, count) => {
    if (killAt?.[0] === program && killAt[1] === count) process.kill(process.pid, 'SIGKILL');
  });
  process.stdout.write('begins\n');
  const { status } = await tinyRun({ ...run, device });
  await device.dispose();
  process.stdout.write(`${status}\n`);
}

main().catch((error: unknown) => {
  const refused = error instanceof M2atError && error.code !== 'internal';
  console.error(refused ? error.message : error);
  process.exit(refused ? REFUSED : 1);
});
