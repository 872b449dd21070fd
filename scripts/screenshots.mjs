// npm run screenshots: trains the quick start's M2AT network in a real window, and writes docs/images/*.png.
import { main, prepare } from './lib/prepare.mjs';
import { runNode } from './lib/run.mjs';

await main(async () => {
  await prepare();
  return runNode(['--enable-source-maps', 'out/take-screenshots.js']);
});
