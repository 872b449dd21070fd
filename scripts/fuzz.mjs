// npm run fuzz: compares compiled random networks with TF.js. Options: --seed N (the first), --count N, --device
// blocked|portable|webgpu (blocked and portable in turn). What a failing test prints is run again by its seed.
// With --files it reads damaged model and array files instead, from --seed on, --count of them.
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    files: { type: 'boolean', default: false },
    seed: { type: 'string' },
    count: { type: 'string' },
    device: { type: 'string' },
  },
});
const count = (otherwise) => values.count ?? (values.seed === undefined ? otherwise : '1');
const env = {
  ...process.env,
  M2AT_FUZZ_SEED: values.seed ?? '1',
  M2AT_FUZZ_COUNT: count('300'),
  M2AT_FILE_FUZZ_SEED: values.seed ?? '1',
  M2AT_FILE_FUZZ_COUNT: count('5000'),
  ...(values.device === undefined ? {} : { M2AT_FUZZ_DEVICE: values.device }),
};
const [file, title] = values.files
  ? ['file-fuzz', 'damaged files']
  : ['network-fuzz', 'random networks, compiled'];
const args = ['scripts/unit.mjs', file, '--grep', title];
const { status } = spawnSync(process.execPath, args, { env, stdio: 'inherit' });
process.exitCode = status ?? 1;
