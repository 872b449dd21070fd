// Bundles the product into dist/ and the tests into out/. `--watch` rebuilds on change.
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
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

/** Where the pieces of the extension lie that are loaded when they are needed, beside its entry. */
const PIECES = 'pieces';

/**
 * Writes a bundle in pieces: what is loaded with `import()` lies in files of its own, and what several of them need in
 * others, so that nothing is read before it is needed. What the entry needs at once is in its file, where the pieces find
 * it: to open a file takes longer than to run it. esbuild makes such pieces of modules, while VS Code loads CommonJS.
 */
const inPieces = {
  name: 'in-pieces',
  setup(build) {
    build.onEnd(async ({ outputFiles = [], metafile, errors }) => {
      if (errors.length > 0) return;
      const { outdir, entryPoints } = build.initialOptions;
      const [entryName] = Object.keys(entryPoints);
      const files = outputFiles.filter(({ path: file }) => file.endsWith('.js'));
      const texts = new Map(files.map(({ path: file, text }) => [file, text]));
      const entryFile = inRoot(outdir, `${entryName}.js`);
      const first = firstPieces(metafile, path.join(outdir, `${entryName}.js`)).map((file) => inRoot(file));
      const pieces = inRoot(outdir, PIECES);
      await rm(pieces, { recursive: true, force: true });
      await mkdir(pieces, { recursive: true });
      const options = {
        ...{ format: 'cjs', target: node.target, platform: node.platform, logLevel: node.logLevel },
        supported: { 'dynamic-import': false },
      };
      const nameOf = (file) => `piece_${path.basename(file, '.js').replaceAll(/\W/g, '_')}`;
      const written = files.map(({ path: file }) => file).filter((file) => file !== entryFile);
      await Promise.all([
        build.esbuild.build({
          ...options,
          ...{ bundle: true, sourcemap: true, absWorkingDir: root, allowOverwrite: true },
          stdin: {
            contents: [
              `export * from './${entryName}.js';`,
              ...first.map(
                (file) => `export * as ${nameOf(file)} from './${PIECES}/${path.basename(file)}';`,
              ),
            ].join('\n'),
            resolveDir: inRoot(outdir),
          },
          outfile: entryFile,
          plugins: [fromMemory(texts, new Set([entryFile, ...first]), inRoot(outdir))],
        }),
        ...written.map(async (file) => {
          if (first.includes(file)) {
            await writeFile(file, `module.exports = require('../${entryName}.js').${nameOf(file)};\n`);
            return;
          }
          const sourcefile = path.basename(file);
          const { code, map } = await build.esbuild.transform(texts.get(file), {
            ...options,
            ...{ sourcemap: 'external', sourcefile },
            // Code asks where its bundle lies.
            define: { __dirname: '__bundle' },
            banner: `var __bundle = require("node:path").dirname(__dirname);`,
          });
          await writeFile(file, `${code}//# sourceMappingURL=${sourcefile}.map\n`);
          await writeFile(`${file}.map`, map);
        }),
      ]);
    });
  },
};

/** The pieces that an entry imports at once, and those that they do. */
function firstPieces({ outputs }, entry) {
  const found = new Set();
  const visit = (file) => {
    for (const { path: imported, kind, external } of outputs[file].imports) {
      if (kind !== 'import-statement' || external || found.has(imported)) continue;
      found.add(imported);
      visit(imported);
    }
  };
  visit(entry);
  return [...found];
}

/** Files that are not written yet; all others are left to be loaded, from this folder. */
const fromMemory = (texts, taken, folder) => ({
  name: 'from-memory',
  setup(build) {
    build.onResolve({ filter: /.*/ }, ({ path: name, resolveDir }) => {
      const file = path.resolve(resolveDir, name);
      if (taken.has(file)) return { path: file };
      const fromEntry = `./${path.relative(folder, file).split(path.sep).join('/')}`;
      return { path: name.startsWith('.') ? fromEntry : name, external: true };
    });
    build.onLoad({ filter: /.*/ }, ({ path: file }) => ({ contents: texts.get(file), loader: 'js' }));
  },
});

/** The extension: its entry is what every window loads that it is active in. */
export const extensionBundle = (outdir) => ({
  ...node,
  plugins: [withoutComputing, inPieces],
  entryPoints: { extension: 'src/extension/extension.ts' },
  outdir,
  format: 'esm',
  splitting: true,
  chunkNames: `${PIECES}/[name]-[hash]`,
  sourcemap: 'inline',
  metafile: true,
  write: false,
});

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

/** What the unit tests start, and look at, lies beside their own bundle: processes of theirs, and the product's. */
export const startedByTests = (folder) => [
  extensionBundle(folder),
  batchThread(folder),
  hostWatchThread(folder),
  ...entry('src/worker/worker.ts', `${folder}/worker.js`),
  ...entry('src/cli/cli.ts', `${folder}/cli.js`),
  fuzzChild(folder),
  runChild(folder),
  ...entry('test/unit/engine/runtime/tiny-runs-child.ts', `${folder}/tiny-runs-child.js`),
  ...entry('test/unit/worker/watched-child.ts', `${folder}/watched-child.js`),
  ...entry('test/unit/runs/lock-taker.ts', `${folder}/lock-taker.js`),
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
    extensionBundle('dist'),
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
