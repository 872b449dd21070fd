import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import * as z from 'zod';
import { releaseArray } from '../../../src/core/engine/arrays/device-array';
import { M2atError } from '../../../src/core/errors';
import { loadExperiment } from '../../../src/core/experiment/load-experiment';
import { methods } from '../../../src/core/methods';
import { chooseMethod } from '../../../src/core/methods/choose-method';
import { loadHelper } from '../../../src/core/methods/hat/load-helper';
import { startDraws } from '../../../src/core/methods/inner-attack-parameters';
import { encodeLayersModel } from '../../../src/core/models/layers-model/layers-model-file';
import { oneOf } from '../../../src/core/named-schema';
import { Random } from '../../../src/core/random';
import { oracle } from '../attacks/devices';
import { tinyImages, tinyNetwork } from '../attacks/tiny-network';
import { temporaryRoot } from '../training/tiny-task';
import { CountingDevice } from './counting-device';

const EPSILON = 8 / 255;

/** What each shows beside `x`, `delta` and `xAdv`. */
const cases = [
  { name: 'trades', columns: [], facts: ['KL divergence'] },
  { name: 'mart', columns: [], facts: ['Margin'] },
  { name: 'hat', columns: ['xHelp'], facts: ['KL divergence', "Helper's label"] },
  { name: 'score', columns: [], facts: ['Squared difference'] },
];

describe('methods that compare the answers on an image and on its perturbed one', () => {
  const model = tinyNetwork(4, 2);
  const batch = { ...tinyImages(5, 4), classes: 4, progress: 0, steps: 2 };
  const { signal } = new AbortController();
  let folder: string;
  after(() => {
    model.dispose();
  });

  before(async () => {
    folder = await temporaryRoot();
    await writeHelper(path.join(folder, 'run', 'checkpoints', 'last'));
  });
  after(() => rm(folder, { recursive: true }));

  for (const { name, columns, facts } of cases) {
    it(`${name} shows what it trains on, and leaves nothing on the device`, async () => {
      const device = new CountingDevice(oracle());
      const files = name === 'hat' ? { helper: path.join(folder, 'run') } : {};
      const chosen = chooseMethod(methods, oneOf(methods).parse({ name, steps: 2, ...files }));
      const draws = chosen.draw(batch, (purpose) => Random.keyed(1, purpose));
      const drawn = chosen.complete(batch, draws);
      const method = await chosen.create({ device, model, classes: 4, batchSize: 5 });
      const inputs = await method.prepare(drawn, signal);
      assert.equal(device.read, 0, 'nothing came back to the host');
      const [x, xAdv] = inputs;
      assert.equal(x, batch.images);
      assert.ok(xAdv && 'read' in xAdv);
      const { data } = await xAdv.read();
      const preview = await method.preview(drawn, signal);
      assert.deepEqual(
        preview.columns.map(({ key }) => key),
        ['x', 'delta', 'xAdv', ...columns],
      );
      assert.deepEqual([...data], [...(preview.columns[2]?.data.data ?? [])]);
      for (const [i, value] of data.entries()) {
        assert.ok(value >= 0 && value <= 1);
        assert.ok(Math.abs(value - (batch.images.data[i] ?? NaN)) <= EPSILON + 1e-6);
      }
      assert.deepEqual(
        preview.facts?.map((fact) => fact.name),
        facts,
      );
      assert.ok(preview.facts.every(({ values }) => values.length === 5 && values.every(Number.isFinite)));
      inputs.forEach(releaseArray);
      assert.equal(device.live, 0);
      await method.dispose();
    });
  }

  it('start close to the image where their authors do', () => {
    const deviation = (name: string): number => {
      const chosen = chooseMethod(methods, oneOf(methods).parse({ name }));
      const { start } = startDraws.parse(chosen.draw(batch, (purpose) => Random.keyed(1, purpose)));
      const values = start?.data ?? new Float32Array();
      return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
    };
    for (const name of ['trades', 'mart']) assert.ok(Math.abs(deviation(name) - 0.001) < 1e-4, name);
  });
});

describe('the helper of HAT', () => {
  /** For images of 8x8 and five classes. */
  const helper = path.join('test', 'reference', 'methods', 'helper');
  const refused = async (file: string, classes: number, code: string, message: RegExp): Promise<void> => {
    const tensors = tf.memory().numTensors;
    const model = tinyNetwork(classes);
    await assert.rejects(
      loadHelper(file, { device: oracle(), model, classes, batchSize: 5 }),
      (error: unknown) => error instanceof M2atError && error.code === code && message.test(error.message),
    );
    model.dispose();
    assert.equal(tf.memory().numTensors, tensors);
  };

  it('is refused with where and what to do when it is not there, or does not fit', async () => {
    await refused(
      'nowhere',
      4,
      'checkpoint',
      /nowhere: the helper \(method\.helper\) can't be loaded: no model is there.*Name a/s,
    );
    await refused(
      path.join('test', 'reference', 'fine_tune.json'),
      4,
      'checkpoint',
      /fine_tune\.json: .*can't be loaded.*TF\.js models work/s,
    );
    await refused(
      path.join('test', 'reference', 'cases', 'gamma.onnx'),
      4,
      'bad-input',
      /gamma\.onnx: .*has 10 classes; the data set has 4/s,
    );
    await refused(helper, 4, 'bad-input', /model\.json: .*has 5 classes; the data set has 4.*same data set/s);
    await refused(
      helper,
      5,
      'bad-input',
      /model\.json: .*takes images of 8×8×3; those of the data set are 6×6×3/s,
    );
  });

  it('is relative to the experiment file', async () => {
    const folder = await temporaryRoot();
    const file = path.join(folder, 'a.m2at.json');
    const method = { name: 'hat', helper: 'runs/standard' };
    const content = { dataset: { name: 'cifar10' }, model: { name: 'small-cnn' }, method };
    await writeFile(file, JSON.stringify(content));
    const [run] = await loadExperiment(file);
    assert.equal(
      z.object({ helper: z.string() }).parse(run?.experiment.method).helper,
      path.join(folder, 'runs', 'standard'),
    );
    await rm(folder, { recursive: true });
  });
});

async function writeHelper(folder: string): Promise<void> {
  const model = tinyNetwork(4, 3);
  const { modelJson, weights } = encodeLayersModel(model, { weightsFile: 'weights.bin', metadata: {} });
  model.dispose();
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, 'model.json'), modelJson);
  await writeFile(path.join(folder, 'weights.bin'), weights);
}
