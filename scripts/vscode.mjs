// npm run vscode [-- [FOLDER] [--browser]]: VS Code with the extension loaded, on a sample workspace or FOLDER.
import { main, prepare } from './lib/prepare.mjs';
import { runNode } from './lib/run.mjs';

await main(async () => {
  await prepare();
  return runNode(['--enable-source-maps', 'out/open-vscode.js', ...process.argv.slice(2)]);
});
