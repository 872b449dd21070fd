// node scripts/unit.mjs [part of a path] [mocha options]: builds and runs the unit tests whose path contains it.
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import * as esbuild from 'esbuild';
import { testBundle } from './build.mjs';

const [filter = '', ...options] = process.argv.slice(2);
const outfile = `out/unit-${process.pid}/unit.js`;
await esbuild.build(testBundle('unit', { filter, outfile }));
const mocha = createRequire(import.meta.url).resolve('mocha/bin/mocha.js');
const { status } = spawnSync(process.execPath, ['--enable-source-maps', mocha, outfile, ...options], {
  stdio: 'inherit',
});
rmSync(`out/unit-${process.pid}`, { recursive: true, force: true });
process.exitCode = status ?? 1;
