// npm run fuzz: compares compiled random networks with TF.js. Options: --seed N (the first), --count N, --device
// blocked|portable|webgpu (blocked and portable in turn). What a failing test prints is run again by its seed.
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: { seed: { type: 'string' }, count: { type: 'string' }, device: { type: 'string' } },
});
const env = {
  ...process.env,
  M2AT_FUZZ_SEED: values.seed ?? '1',
  M2AT_FUZZ_COUNT: values.count ?? (values.seed === undefined ? '300' : '1'),
  ...(values.device === undefined ? {} : { M2AT_FUZZ_DEVICE: values.device }),
};
const args = ['scripts/unit.mjs', 'network-fuzz', '--grep', 'random networks, compiled'];
const { status } = spawnSync(process.execPath, args, { env, stdio: 'inherit' });
process.exitCode = status ?? 1;
