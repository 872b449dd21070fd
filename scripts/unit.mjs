// node scripts/unit.mjs [part of a path] [mocha options]: builds and runs the unit tests whose path contains it.
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import * as esbuild from 'esbuild';
import { batchThread, fileFuzzChild, testBundle } from './build.mjs';

const [filter = '', ...options] = process.argv.slice(2);
const folder = `out/unit-${process.pid}`;
const outfile = `${folder}/unit.js`;
await esbuild.build(testBundle('unit', { filter, outfile }));
await esbuild.build(batchThread(folder));
await esbuild.build(fileFuzzChild(folder));
const mocha = createRequire(import.meta.url).resolve('mocha/bin/mocha.js');
const { status } = spawnSync(process.execPath, ['--enable-source-maps', mocha, outfile, ...options], {
  stdio: 'inherit',
});
rmSync(folder, { recursive: true, force: true });
process.exitCode = status ?? 1;
