// npm run screenshots [RUN]: trains the quick start's M2AT network in a real window, attacks it, and writes
// docs/images/*.png. With the directory of a run that is trained already, only the pictures of attacks.
import { main, prepare } from './lib/prepare.mjs';
import { runNode } from './lib/run.mjs';

await main(async () => {
  await prepare();
  return runNode(['--enable-source-maps', 'out/take-screenshots.js', ...process.argv.slice(2)]);
});
