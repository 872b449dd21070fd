// Reads the damaged files whose seeds its parent sends, one after the other, and says how it went.
import path from 'node:path';
import * as z from 'zod';
import { currentBackend } from '../../../../src/core/engine/current-backend';
import { OnnxCpuDevice } from '../../../../src/core/engine/onnx-cpu-device';
import type { FromChild } from './child-messages';
import { fileCase } from './file-case';
import { seedFiles } from './seed-files';
import { tryFiles, type Outcome } from './try-files';

const send = (message: FromChild): void => void process.send?.(message);
const [folder = ''] = process.argv.slice(2);

async function main(): Promise<void> {
  currentBackend();
  const originals = await seedFiles();
  const device = await OnnxCpuDevice.open({ threads: 1, layout: 'portable' });
  let stray: string | undefined;
  // What nobody waited for would end the product's process.
  process.on('unhandledRejection', (reason) => {
    stray = reason instanceof Error ? reason.stack : String(reason);
  });
  process.on('message', (message) => {
    const { seed } = z.object({ seed: z.int() }).parse(message);
    const files = fileCase(originals, seed);
    void tryFiles(files, path.join(folder, `${seed}`), device).then((outcome) => {
      // Rejections are told after the promises that are settled.
      setImmediate(() => {
        const found: Outcome =
          stray === undefined
            ? outcome
            : { end: 'problem', problem: `a rejection that nobody handled: ${stray}` };
        stray = undefined;
        const peak = process.resourceUsage().maxRSS * 1024;
        send({ type: 'tried', seed, label: files.label, outcome: found, peak });
      });
    });
  });
  process.on('disconnect', () => process.exit());
  send({ type: 'ready' });
}

void main();
