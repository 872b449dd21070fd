// npm run fuzz: tries damaged inputs of every parser in turn. Options: --only NAME[,NAME], --seed N (the first), --count N
// (of each), --minutes N (of all together). A finding is kept as files, and names the seed that repeats it.
// With --networks it compares random compiled networks with TF.js instead; then also --device blocked|portable|webgpu.
import { rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import * as esbuild from 'esbuild';
import { batchThread, fuzzChild, fuzzMain, runChild } from './build.mjs';
import { main } from './lib/prepare.mjs';
import { runNode } from './lib/run.mjs';

const options = {
  networks: { type: 'boolean', default: false },
  device: { type: 'string' },
  ...{
    only: { type: 'string' },
    seed: { type: 'string' },
    count: { type: 'string' },
    minutes: { type: 'string' },
  },
};

function fuzzNetworks({ seed, count, device }) {
  const env = {
    ...process.env,
    M2AT_FUZZ_SEED: seed ?? '1',
    M2AT_FUZZ_COUNT: count ?? (seed === undefined ? '300' : '1'),
    ...(device === undefined ? {} : { M2AT_FUZZ_DEVICE: device }),
  };
  const args = ['scripts/unit.mjs', 'network-fuzz', '--grep', 'random networks, compiled'];
  return runNode(args, { env });
}

async function fuzzParsers(args) {
  const folder = `out/fuzz-${process.pid}`;
  try {
    await Promise.all(
      [fuzzMain, fuzzChild, runChild, batchThread].map((bundle) => esbuild.build(bundle(folder))),
    );
    return await runNode(['--enable-source-maps', `${folder}/fuzz.js`, ...args]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

await main(() => {
  const { values } = parseArgs({ options });
  return values.networks ? fuzzNetworks(values) : fuzzParsers(process.argv.slice(2));
});
