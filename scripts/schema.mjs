// Writes media/experiment.schema.json, the JSON schema of experiment files, from the validators.
// A unit test fails when the file is out of date.
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import * as esbuild from 'esbuild';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const outfile = path.join(root, 'out', `schema-${process.pid}.mjs`);
await esbuild.build({
  entryPoints: [path.join(root, 'src/core/experiment/json-schema.ts')],
  bundle: true,
  platform: 'node',
  format: 'esm',
  outfile,
});
const { experimentJsonSchema } = await import(pathToFileURL(outfile).href);
writeFileSync(
  path.join(root, 'media/experiment.schema.json'),
  `${JSON.stringify(experimentJsonSchema(), null, 2)}\n`,
);
rmSync(outfile);
