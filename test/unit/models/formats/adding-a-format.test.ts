import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import manifest from '../../../../package.json';
import { formatNames, withFormats } from '../../../../scripts/lib/contributed-formats.mjs';
import { attackCommand } from '../../../../src/cli/commands/attack';
import { evaluateCommand } from '../../../../src/cli/commands/evaluate';
import { attackRun } from '../../../../src/core/attacking/attack-run';
import { requested } from '../../attacks/named';
import { M2atError } from '../../../../src/core/errors';
import { inspectModel } from '../../../../src/core/jobs/inspect-model';
import { formats } from '../../../../src/core/models/formats';
import { sniffFormat } from '../../../../src/core/models/formats/find-format';
import {
  dialogFilter,
  either,
  fileNames,
  filePatterns,
} from '../../../../src/core/models/formats/name-files';
import { builtIn } from '../../../../src/core/registry/registry';
import { attackReport } from '../../../../src/core/records/run-files';
import { runDirectory } from '../../../../src/core/runs/run-store';
import { whyNoCheckpoint } from '../../../../src/extension/checkpoint/why-no-checkpoint';
import { readSealed } from '../../../support/run-json';
import { writeArrays } from '../../../support/tiny-models';
import names from '../../../../webview/text/format-names.json';
import { temporaryRoot } from '../../training/tiny-task';
import { linear } from './linear';

const longer = [...formats, linear];
const registry = { ...builtIn, formats: longer };

/** The channel that is brightest is the class, as for the arrays of `writeArrays`. */
function brightest(): Buffer {
  const [side, colours] = [8, 3];
  const header = Buffer.alloc(20);
  header.write('LIN1');
  for (const [n, size] of [side, side, colours, colours].entries()) header.writeUInt32LE(size, 4 + 4 * n);
  const matrix = Float32Array.from({ length: side * side * colours * colours }, (_, at) =>
    Math.floor(at / colours) % colours === at % colours ? 1 / (side * side) : 0,
  );
  return Buffer.concat([header, Buffer.from(matrix.buffer)]);
}

describe('docs/adding-a-format.md', () => {
  let root = '';
  before(async () => {
    root = await temporaryRoot();
  });
  after(() => rm(root, { recursive: true, force: true }));

  it('shows the example that the tests run, as files of src/core/models/formats', () => {
    const doc = readFileSync('docs/adding-a-format.md', 'utf8').replaceAll('\r\n', '\n');
    for (const name of ['linear.ts', 'read-linear.ts']) {
      const example = readFileSync(path.join('test/unit/models/formats', name), 'utf8')
        .replaceAll('\r\n', '\n')
        .replaceAll('../../../../src/core/models/formats/', './')
        .replaceAll('../../../../src/core/models/', '../')
        .replaceAll('../../../../src/core/', '../../');
      assert.ok(doc.includes('```ts\n' + example + '```'), `copy ${name} into the page`);
    }
  });

  it('a file of the example is found out about, and attacked to a report', async () => {
    const file = path.join(root, 'brightest.linear');
    await writeFile(file, brightest());
    const { format, modelFile, classes, spec } = await inspectModel(file, undefined, registry);
    assert.deepEqual([format, modelFile, classes], ['linear', file, 3]);
    assert.deepEqual([spec.layout, spec.height, spec.width, spec.channels], ['NHWC', 8, 8, 3]);
    const { record, report } = await attackRun({
      registry,
      root,
      checkpoint: file,
      attacks: [requested({ name: 'fgsm', epsilon: 0.2 })],
      arrays: await writeArrays(root, 9),
      seed: 0,
      device: 'onnx-cpu',
      threads: 1,
      signal: new AbortController().signal,
      onEvent: () => undefined,
    });
    assert.deepEqual([report.format, report.checkpoint], ['linear', file]);
    assert.deepEqual([report.cleanAccuracy, report.robustAccuracy], [1, 0], 'the colours differ by 0.1 only');
    const stored = attackReport.parse(
      await readSealed(path.join(runDirectory(root, record.id), 'report.json')),
    );
    assert.equal(stored.format, 'linear');
  });

  it('a damaged one is told from a file that is not there, and from another format', async () => {
    const file = path.join(root, 'cut.linear');
    await writeFile(file, brightest().subarray(0, 30));
    assert.equal(await sniffFormat(longer, file), linear);
    await assert.rejects(
      inspectModel(file, undefined, registry),
      (error) => error instanceof M2atError && error.code === 'checkpoint' && error.what.includes('weights'),
    );
    await writeFile(file, 'text');
    assert.equal(await sniffFormat(longer, file), undefined);
    assert.match(await whyNoCheckpoint(longer, file, 'cut.linear'), /^cut\.linear is no Linear model: /);
    assert.equal(await sniffFormat(formats, path.join(root, 'brightest.linear')), undefined);
  });

  it('pickers, messages and help name its files', async () => {
    const file = path.join(root, 'brightest.linear');
    assert.equal((await sniffFormat(longer, file))?.title, 'Linear');
    assert.deepEqual(filePatterns(longer), ['model.json', '*.onnx', '*.linear']);
    assert.deepEqual(dialogFilter(longer), { 'TF.js, ONNX, and Linear models': ['json', 'onnx', 'linear'] });
    assert.equal(either(fileNames(longer, 'offered')), 'a model.json, an .onnx file, or a .linear file');
    assert.match(await whyNoCheckpoint(longer, 'none', 'x'), /^x is not there any more/);
    assert.match(
      await whyNoCheckpoint(longer, path.join(root, 'images.npy'), 'images.npy'),
      /What works: the model\.json of a TF\.js layers or graph model, an \.onnx file, a \.linear file, or the checkpoint of a training run\.$/,
    );
    const help = [attackCommand(registry), evaluateCommand(registry)].map((command) =>
      command.helpInformation().replaceAll(/\s+/g, ' '),
    );
    assert.match(help[0] ?? '', /an \.onnx, a \.linear, or a run's checkpoint folder/);
    assert.match(help[1] ?? '', /\.onnx files, \.linear files, or runs' checkpoint folders/);
  });

  it("package.json's menus and the page's names follow from the list (npm run schema writes them)", () => {
    assert.deepEqual(withFormats(manifest, formats), manifest);
    assert.deepEqual(formatNames(formats), names);
    const { menus } = withFormats(manifest, longer).contributes;
    const whens = Object.values(menus)
      .flat()
      .filter(({ when }) => when.includes('.onnx'))
      .map(({ when }) => when);
    assert.equal(whens.length, 3);
    for (const when of whens)
      assert.match(when, /resourceExtname == \.onnx \|\| resourceExtname == \.linear/);
    assert.deepEqual(formatNames(longer), { ...names, linear: 'Linear' });
  });
});
