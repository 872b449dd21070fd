// Bundles the product into dist/ and the tests into out/. `--watch` rebuilds on change.
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const inRoot = (...parts) => path.join(root, ...parts);

/** Native, or one instance for the whole process: loaded from node_modules at run time. */
const external = [
  'vscode',
  'onnxruntime-node',
  'onnx-proto',
  'eslint',
  'mocha',
  'playwright-core',
  '@tensorflow/tfjs',
  '@tensorflow/tfjs-node-gpu',
  '@tensorflow/tfjs-node',
];

const node = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  // jsonc-parser's `main` is UMD, which can't be bundled.
  mainFields: ['module', 'main'],
  format: 'cjs',
  sourcemap: true,
  // Decoders of pictures: a part of the bundle, so there is no file to be found beside it.
  loader: { '.wasm': 'binary' },
  // Glue code asks where it lies, and does without.
  logOverride: { 'empty-import-meta': 'silent' },
  external,
  absWorkingDir: root,
  logLevel: 'warning',
};

/**
 * For bundles that compute nothing (the editor's own process, its pages, threads): what the definitions of the library's
 * lists, and of tests, load with `import()`, because it computes, is left out; what is imported otherwise must not compute.
 * @param kept a folder of definitions whose `import()`s stay
 */
const leavingOut = (kept) => ({
  name: 'without-computing',
  setup(build) {
    const inside = (folder, file) => folder !== undefined && file.startsWith(folder + path.sep);
    const definitions = [inRoot('src', 'core'), inRoot('test')];
    build.onResolve({ filter: /^\./ }, ({ kind, path: file, importer }) =>
      kind === 'dynamic-import' &&
      definitions.some((folder) => inside(folder, importer)) &&
      !inside(kept, importer)
        ? { path: file, external: true }
        : undefined,
    );
    build.onResolve({ filter: /^(@tensorflow\/|onnxruntime-)/ }, ({ path: name }) => ({
      errors: [{ text: `${name} computes, and this bundle must not: a definition loads it with import()` }],
    }));
  },
});
export const withoutComputing = leavingOut();
/** Threads that prepare batches open data sets. */
const openingData = leavingOut(inRoot('src', 'core', 'data'));

/** One bundle of every test of a folder: modules stay singletons, and no list can forget a file. */
export function testBundle(folder, { filter = '', suffix = '.test.ts', outfile = `out/${folder}.js` } = {}) {
  const files = existsSync(inRoot('test', folder))
    ? readdirSync(inRoot('test', folder), { recursive: true })
        .filter((file) => file.endsWith(suffix) && file.includes(filter))
        .sort()
    : [];
  const contents = files.map((file) => `import './${file.split(path.sep).join('/')}';`).join('\n');
  return {
    ...node,
    stdin: {
      contents,
      resolveDir: inRoot('test', folder),
      sourcefile: `${folder || 'test'}.ts`,
      loader: 'ts',
    },
    outfile,
  };
}

/** The thread that prepares batches: its bundle lies beside every bundle that trains. */
export const batchThread = (folder) => ({
  ...node,
  plugins: [openingData],
  entryPoints: ['src/core/training/batch-thread.ts'],
  outfile: `${folder}/batches.js`,
});

/** The thread that ends a worker whose host is gone: its bundle lies beside the worker's. */
const hostWatchThread = (folder) => ({
  ...node,
  plugins: [withoutComputing],
  entryPoints: ['src/worker/host-watch-thread.ts'],
  outfile: `${folder}/host-watch.js`,
});

/** The process that tries damaged inputs: its bundle lies beside the tests that start it, and beside the fuzzer's own. */
export const fuzzChild = (folder) => ({
  ...node,
  entryPoints: ['test/fuzz/fuzz-child.ts'],
  outfile: `${folder}/fuzz-child.js`,
});

/** The process that does a run and is killed; beside them, too. */
export const runChild = (folder) => ({
  ...node,
  entryPoints: ['test/fuzz/run-child.ts'],
  outfile: `${folder}/run-child.js`,
});

/** `npm run fuzz`. */
export const fuzzMain = (folder) => ({
  ...node,
  entryPoints: ['test/fuzz/main.ts'],
  outfile: `${folder}/fuzz.js`,
});

const entry = (source, outfile, options = {}) =>
  existsSync(inRoot(source)) ? [{ ...node, ...options, entryPoints: [source], outfile }] : [];

/** What the unit tests start lies beside their own bundle: processes of theirs, and the product's. */
export const startedByTests = (folder) => [
  batchThread(folder),
  hostWatchThread(folder),
  ...entry('src/worker/worker.ts', `${folder}/worker.js`),
  ...entry('src/cli/cli.ts', `${folder}/cli.js`),
  fuzzChild(folder),
  runChild(folder),
  ...entry('test/unit/engine/runtime/tiny-runs-child.ts', `${folder}/tiny-runs-child.js`),
  ...entry('test/unit/worker/watched-child.ts', `${folder}/watched-child.js`),
  ...entry('test/unit/memory/peak-child.ts', `${folder}/peak-child.js`),
  ...entry('test/unit/methods/toy-batch-thread.ts', `${folder}/toy-batches.js`, {
    plugins: [withoutComputing],
  }),
];

/** Pages of the webview: webview/pages/NAME.ts becomes NAME.js and NAME.css. */
const pageBundle = (entryPoints, outdir) => ({
  bundle: true,
  platform: 'browser',
  plugins: [withoutComputing],
  target: 'chrome128',
  format: 'iife',
  minify: true,
  sourcemap: true,
  absWorkingDir: root,
  logLevel: 'warning',
  entryPoints,
  outdir,
});

const pages = () =>
  readdirSync(inRoot('webview', 'pages'))
    .filter((file) => file.endsWith('.ts'))
    .map((file) => `webview/pages/${file}`);

/** One of the benchmarks, bench/NAME.ts, and where it goes. */
export function benchBundle(name) {
  const outfile = `out/bench/${name}.js`;
  const options = { ...node, entryPoints: [`bench/${name}.ts`], outfile };
  return { ...options, external: [...external, 'prettier', '@tensorflow/tfjs-backend-wasm'] };
}

export function bundles() {
  return [
    ...entry('src/extension/extension.ts', 'dist/extension.js', { plugins: [withoutComputing] }),
    ...entry('src/worker/worker.ts', 'dist/worker.js'),
    ...entry('src/cli/cli.ts', 'dist/cli.js'),
    batchThread('dist'),
    hostWatchThread('dist'),
    pageBundle(pages(), 'dist/webview'),
    testBundle('unit'),
    ...startedByTests('out'),
    testBundle('host'),
    testBundle('e2e'),
    pageBundle(['test/e2e/toy-section/toy-page.ts'], 'out/webview'),
    ...entry('test/host/index.ts', 'out/host-index.js'),
    ...entry('test/support/vscode/host-runner.ts', 'out/host-runner.js'),
    ...entry('test/support/vscode/open-vscode.ts', 'out/open-vscode.js'),
    ...entry('test/support/vscode/take-screenshots.ts', 'out/take-screenshots.js'),
  ];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes('--watch')) {
    for (const bundle of bundles()) await (await esbuild.context({ ...bundle, logLevel: 'info' })).watch();
  } else {
    await Promise.all(bundles().map((bundle) => esbuild.build(bundle)));
  }
}
