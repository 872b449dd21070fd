// Writes the JSON schemas of experiment files and of the files beside models into media/, from the validators.
// Unit tests fail when a file is out of date.
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import * as esbuild from 'esbuild';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const outfile = path.join(root, 'out', `schema-${process.pid}.mjs`);
await esbuild.build({
  stdin: {
    contents: `export { experimentJsonSchema } from './experiment/json-schema';
      export { inputSpecJsonSchema } from './models/input/input-spec-schema';`,
    resolveDir: path.join(root, 'src/core'),
    loader: 'ts',
  },
  bundle: true,
  platform: 'node',
  format: 'esm',
  outfile,
});
const { experimentJsonSchema, inputSpecJsonSchema } = await import(pathToFileURL(outfile).href);
const write = (name, schema) => {
  writeFileSync(path.join(root, 'media', name), `${JSON.stringify(schema, null, 2)}\n`);
};
write('experiment.schema.json', experimentJsonSchema());
write('model.schema.json', inputSpecJsonSchema());
rmSync(outfile);
