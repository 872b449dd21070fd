// npm run m2at -- ARGS: the command line, from a clone.
import path from 'node:path';
import { main, prepare } from './lib/prepare.mjs';
import { root } from './lib/root.mjs';
import { runNode } from './lib/run.mjs';

await main(async () => {
  await prepare();
  // npm starts scripts in the repository, but a relative path means the folder that the user is in.
  const cwd = process.env.INIT_CWD ?? process.cwd();
  return runNode([path.join(root, 'dist', 'cli.js'), ...process.argv.slice(2)], { cwd });
});
