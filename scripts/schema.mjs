// Writes the JSON schemas of experiment files and of the files beside models into media/, from the validators, and what
// package.json and the page say of model files, from the list of their formats; and the page of all that can be named. Unit
// tests fail when a file is out of date.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import * as esbuild from 'esbuild';
import { format, resolveConfig } from 'prettier';
import { withoutComputing } from './build.mjs';
import { combinationsTable, withCombinations } from './lib/combinations-table.mjs';
import { formatNames, withFormats } from './lib/contributed-formats.mjs';
import { listsPage } from './lib/lists-page.mjs';
import { recipesPage } from './lib/recipes-page.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const outfile = path.join(root, 'out', `schema-${process.pid}.mjs`);
await esbuild.build({
  stdin: {
    contents: `export { experimentJsonSchema } from './experiment/json-schema';
      export { refusalsOfMethod, refusalsOfOption } from './methods/refusal-conditions';
      export { builtIn } from './registry/registry';
      export { toJSONSchema } from 'zod';
      export { inputSpecJsonSchema } from './models/input/input-spec-schema';`,
    resolveDir: path.join(root, 'src/core'),
    loader: 'ts',
  },
  bundle: true,
  plugins: [withoutComputing],
  platform: 'node',
  format: 'esm',
  outfile,
});
const {
  builtIn,
  experimentJsonSchema,
  inputSpecJsonSchema,
  refusalsOfMethod,
  refusalsOfOption,
  toJSONSchema,
} = await import(pathToFileURL(outfile).href);
const { formats } = builtIn;
const write = (name, content) => {
  writeFileSync(path.join(root, name), `${JSON.stringify(content, null, 2)}\n`);
};
write('media/experiment.schema.json', experimentJsonSchema());
write('media/model.schema.json', inputSpecJsonSchema());
write(
  'package.json',
  withFormats(JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')), formats),
);
write('webview/text/format-names.json', formatNames(formats));
const writePage = async (name, content) => {
  const page = path.join(root, name);
  writeFileSync(page, await format(content, { ...(await resolveConfig(page)), filepath: page }));
};
await writePage('docs/recipes.md', recipesPage(builtIn));
await writePage('docs/lists.md', listsPage(builtIn, toJSONSchema));
const refusals = {
  ofMethod: (method) => refusalsOfMethod(method, builtIn.options),
  ofOption: refusalsOfOption,
};
const table = combinationsTable(builtIn, refusals, ['accumulate']);
const methodsPage = readFileSync(path.join(root, 'docs/methods.md'), 'utf8');
await writePage('docs/methods.md', withCombinations(methodsPage, table));
rmSync(outfile);
