// node scripts/bench.mjs bench|attacks|data|scaling|profile [options]: builds and runs one of the benchmarks in bench/.
import path from 'node:path';
import { ensureInstalled } from './ensure-installed.mjs';
import { main } from './lib/prepare.mjs';
import { root } from './lib/root.mjs';
import { runNode } from './lib/run.mjs';

await main(async () => {
  await ensureInstalled();
  // esbuild is there only once the dependencies are.
  const [esbuild, { batchThread, benchBundle }] = await Promise.all([
    import('esbuild'),
    import('./build.mjs'),
  ]);
  const [name, ...options] = process.argv.slice(2);
  const bundle = benchBundle(name);
  const all = [
    bundle,
    batchThread('out/bench'),
    ...(['bench', 'scaling'].includes(name) ? [benchBundle('scaling-child')] : []),
  ];
  await Promise.all(all.map((each) => esbuild.build(each)));
  const cwd = process.env.INIT_CWD ?? process.cwd();
  return runNode(['--enable-source-maps', path.join(root, bundle.outfile), ...options], { cwd });
});
