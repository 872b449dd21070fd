import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import path from 'node:path';
import { reportMark } from '../support/vscode/host-report';
import { root } from '../support/root';
import { activated } from './workspace';

describe('activation', () => {
  it('loads nothing that computes', async () => {
    await activated();
    const file = path.join(root, 'dist', 'extension.js');
    const load = createRequire(file);
    // A second copy, so that the time of loading can be told: the first one was loaded before any test.
    Reflect.deleteProperty(load.cache, file);
    const cpu = process.cpuUsage();
    const start = performance.now();
    load(file);
    const { user, system } = process.cpuUsage(cpu);
    const wall = performance.now() - start;
    const times = `${ms(wall)}, ${ms((user + system) / 1000)} of CPU time`;
    console.log(`${reportMark}      loading the extension: ${times}`);
    const loaded = load.cache[file]?.children.map(({ filename }) => filename) ?? [];
    assert.ok(load.cache[file]?.loaded);
    for (const name of loaded) assert.doesNotMatch(name, /tensorflow|onnx/);
  });
});

function ms(milliseconds: number): string {
  return `${milliseconds.toFixed(0)} ms`;
}
