// npm start: trains the quick-start networks, on a clone where nothing is installed or built yet.
import { main, prepare } from './lib/prepare.mjs';
import { runNode } from './lib/run.mjs';

await main(async () => {
  await prepare();
  return runNode(['dist/cli.js', 'train', 'examples/quickstart.m2at.json', ...process.argv.slice(2)]);
});
