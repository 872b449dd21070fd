// npm run bench: times of this project and of PyTorch in turn; `-- --json FILE`, `-- --help`.
import path from 'node:path';
import { main, prepare } from './lib/prepare.mjs';
import { root } from './lib/root.mjs';
import { runNode } from './lib/run.mjs';

await main(async () => {
  await prepare();
  const cwd = process.env.INIT_CWD ?? process.cwd();
  return runNode([path.join(root, 'out', 'bench.js'), ...process.argv.slice(2)], { cwd });
});
