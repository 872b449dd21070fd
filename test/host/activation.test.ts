import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import path from 'node:path';
import * as vscode from 'vscode';
import { reportMark } from '../support/vscode/host-report';
import { root } from '../support/root';
import { activated } from './workspace';

const dist = path.join(root, 'dist');
const entry = path.join(dist, 'extension.js');

describe('activation', () => {
  it('loads nothing that computes', async () => {
    const wasActive = vscode.extensions.getExtension('m2at.m2at')?.isActive;
    const told = await timeOf(activated);
    // Where the window had activated it already, that took no time.
    if (wasActive === false) console.log(`${reportMark}      activating the extension: ${told}`);
    const load = createRequire(entry);
    // A second copy, so that the time of loading alone can be told.
    for (const file of Object.keys(load.cache)) {
      if (file.startsWith(dist + path.sep)) Reflect.deleteProperty(load.cache, file);
    }
    const loading = await timeOf(() => Promise.resolve(load(entry)));
    console.log(`${reportMark}      loading the extension: ${loading}`);
    const loaded = Object.keys(load.cache).filter((file) => file.startsWith(dist + path.sep));
    assert.ok(load.cache[entry]?.loaded);
    for (const file of loaded)
      for (const { filename } of load.cache[file]?.children ?? [])
        assert.doesNotMatch(filename, /tensorflow|onnx/);
  });
});

async function timeOf(work: () => Promise<unknown>): Promise<string> {
  const cpu = process.cpuUsage();
  const start = performance.now();
  await work();
  const { user, system } = process.cpuUsage(cpu);
  return `${ms(performance.now() - start)}, ${ms((user + system) / 1000)} of CPU time`;
}

function ms(milliseconds: number): string {
  return `${milliseconds.toFixed(0)} ms`;
}
