import assert from 'node:assert/strict';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { onnx } from 'onnx-proto';
import * as z from 'zod';
import { float32 } from '../../../src/core/engine/arrays/nd-array';
import { loadClassifier } from '../../../src/core/attacking/classifier';
import { openDevice } from '../../../src/core/engine/devices/devices';
import { copyModel } from '../../../src/core/models/layers-model/copy-model';
import { findInputSpec } from '../../../src/core/models/input/input-spec';
import { logitsOf } from '../../../src/core/models/input/prepare-input';
import { forward } from '../../../src/core/models/layers-model/forward';
import { formats } from '../../../src/core/models/formats';
import { loadForwardOnly } from '../../../src/core/models/onnx/forward-only';
import { loadOnnxModel } from '../../../src/core/models/onnx/load-onnx-model';
import { encodeNetwork } from '../../../src/core/models/trained/encode-network';
import { loadNetwork, onnxFile } from '../../../src/core/models/trained/network-file';
import { withChecksums } from '../../../src/core/models/model-checksums';
import type { RunRecord } from '../../../src/core/records/run-files';
import { runDirectory } from '../../../src/core/runs/run-store';
import { startNetwork } from '../../../src/core/training/start-network';
import { trainRun, type TrainRunOptions } from '../../../src/core/training/train-run';
import { TrainStep } from '../../../src/core/training/train-step';
import { root as repository } from '../../support/root';
import { testDevices } from '../attacks/devices';
import { observed, temporaryRoot, tinyDataset, tinyExperiment } from './tiny-task';

const reference = path.join(repository, 'test/reference/fine_tune_onnx');
const numbers = z.array(z.number());
const vector = z.object({
  losses: numbers,
  logitsBefore: numbers,
  logitsAfter: numbers,
  after: z.record(z.string(), numbers),
});
const vectorsSchema = z.object({
  images: numbers,
  labels: numbers,
  whole: vector,
  frozen: vector,
  folded: vector,
});

const close = (actual: ArrayLike<number>, expected: readonly number[], what: string): void => {
  assert.equal(actual.length, expected.length, what);
  const worst = Math.max(...expected.map((value, n) => Math.abs(value - (actual[n] ?? NaN))));
  assert.ok(worst < 2e-5, `${what}: off by ${worst}`);
};

/** 8x8 images. */
function channelsFirst(images: Float32Array): Float32Array {
  return images.map((_, i) => {
    const [image, channel, pixel] = [Math.floor(i / 192), Math.floor((i % 192) / 64), i % 64];
    return images[image * 192 + pixel * 3 + channel] ?? NaN;
  });
}

/** By name, the numbers of a file. */
async function tensorsOf(file: string): Promise<Map<string, Float32Array>> {
  const { graph } = onnx.ModelProto.decode(await readFile(file));
  return new Map(
    (graph?.initializer ?? []).flatMap(({ name, dataType, rawData }) =>
      name && dataType === 1 && rawData?.length
        ? [[name, new Float32Array(Uint8Array.from(rawData).buffer)] as const]
        : [],
    ),
  );
}

/** What a file answers as an attack would ask it. */
async function logitsOfFile(file: string, images: Float32Array): Promise<Float32Array> {
  const model = await loadOnnxModel(file);
  try {
    const { spec, assumed } = await findInputSpec(file, model);
    if (!file.startsWith(reference)) assert.deepEqual(assumed, [], 'it says what it takes');
    const logits = logitsOf(model, spec);
    return tf.tidy(() => logits(tf.tensor(images, [images.length / 192, 8, 8, 3])).dataSync<'float32'>());
  } finally {
    model.dispose();
  }
}

describe('training from an ONNX file', () => {
  let folder: string;
  let vectors: z.output<typeof vectorsSchema>;
  before(async () => {
    vectors = vectorsSchema.parse(JSON.parse(await readFile(path.join(reference, 'vectors.json'), 'utf8')));
  });
  beforeEach(async () => {
    folder = await temporaryRoot();
  });
  afterEach(() => rm(folder, { recursive: true }));
  const given = (name: string): string => path.join(reference, `${name}.onnx`);
  const begin = (model: object, changes: object = {}, dataset = tinyDataset()) =>
    startNetwork(tinyExperiment({ model: { name: 'checkpoint', ...model }, ...changes }), dataset, undefined);

  /** Saves a network as a checkpoint does. @returns its .onnx file */
  async function save(model: tf.LayersModel): Promise<string> {
    const metadata = { classNames: ['ant', 'bee', 'cat'], optimizerFile: 'optimizer-1.bin' };
    const { modelJson, weights, weightsFile } = encodeNetwork(model, { version: '1', metadata });
    const json = withChecksums(modelJson, { weights, optimizer: new Uint8Array() });
    await writeFile(path.join(folder, 'model.json'), json);
    await writeFile(path.join(folder, weightsFile), weights);
    return path.join(folder, weightsFile);
  }

  const cases = [
    { file: 'traced', what: 'whole', says: /all layers of it; 229 of its 257 numbers are trained\.$/ },
    { file: 'exported', what: 'whole', says: /229 of its 257 numbers are trained\.$/ },
    {
      file: 'traced',
      what: 'frozen',
      freeze: ['conv*1', 'bn1.weight', 'bn1.bias'],
      says: /113 of its 257 numbers are trained; not trained: conv1, bn1\.$/,
    },
    {
      file: 'folded',
      what: 'folded',
      says: /folded BatchNorm into 3 of its 3 convolutions: .*training=TrainingMode\.PRESERVE, do_constant_folding=False/,
    },
  ] as const;
  for (const { name, open } of testDevices) {
    for (const { file, what, says, ...more } of cases) {
      it(`${file}, ${what}: is PyTorch's update of the same network, on ${name}`, async () => {
        const device = await open();
        const before = tf.memory().numTensors;
        const images = Float32Array.from(vectors.images);
        const expected = vectors[what];
        close(await logitsOfFile(given(file), images), expected.logitsBefore, 'logits of the file');

        const { model, begins = '' } = await begin({ file: given(file), variance: 'unbiased', ...more });
        assert.match(begins, says);
        const step = new TrainStep(device, model, {
          ...{ momentum: 0.9, weightDecay: 5e-4, nesterov: false, decay: 'all', variance: 'unbiased' },
        });
        const labels = Int32Array.from(vectors.labels);
        const targets = new Float32Array(6 * 3);
        labels.forEach((label, n) => (targets[n * 3 + label] = 1));
        for (const wanted of expected.losses) {
          const inputs = [float32(images, [6, 8, 8, 3]), float32(targets, [6, 3])];
          const { loss } = await step.run(inputs, labels, 0.1);
          assert.ok(Math.abs(loss - wanted) < 2e-5, `${loss} and not ${wanted}`);
        }
        await device.synchronize();
        const saved = await save(model);
        await step.dispose();
        model.dispose();
        assert.equal(tf.memory().numTensors, before);
        await device.dispose();

        close(await logitsOfFile(saved, images), expected.logitsAfter, 'logits of what was saved');
        const tensors = await tensorsOf(saved);
        for (const [weight, values] of Object.entries(expected.after)) {
          const actual = tensors.get(weight);
          // Of a network without BatchNorm the exporter names the filters itself.
          if (what === 'folded' && !actual) continue;
          close(actual ?? [], values, weight);
        }
        assert.ok(tensors.has('fc.weight') && tensors.has('colour'));
        const inRuntime = await loadForwardOnly(saved);
        const asked = await inRuntime.logits(float32(channelsFirst(images), [6, 3, 8, 8]));
        close(asked.data, expected.logitsAfter, 'logits of ONNX Runtime');
        await inRuntime.dispose();
        const { model: reopened } = await loadNetwork(folder);
        const answer = tf.tidy(() =>
          forward(reopened, tf.tensor(images, [6, 8, 8, 3]), {
            ...{ batchNorm: 'eval', updateStatistics: false },
          }).dataSync<'float32'>(),
        );
        close(answer, expected.logitsAfter, 'logits of the checkpoint');
        const copy = await copyModel(reopened);
        assert.deepEqual(
          copy.getWeights().map((weight) => [...weight.dataSync()]),
          reopened.getWeights().map((weight) => [...weight.dataSync()]),
        );
        copy.dispose();
        reopened.dispose();
        assert.equal(tf.memory().numTensors, before);
      });
    }
  }

  it('has a new last layer for other classes, drawn by the seed as that of a TF.js network', async () => {
    const five = { ...tinyDataset(), classNames: ['a', 'b', 'c', 'd', 'e'] };
    const headOf = async (seed: number): Promise<Float32Array | undefined> => {
      const before = tf.memory().numTensors;
      const { model, begins } = await begin({ file: given('exported') }, { seed }, five);
      assert.match(begins ?? '', /with a new last layer/);
      const file = await save(model);
      model.dispose();
      assert.equal(tf.memory().numTensors, before);
      const tensors = await tensorsOf(file);
      assert.deepEqual([tensors.get('fc.weight')?.length, tensors.get('fc.bias')?.length], [30, 5]);
      const declared = onnx.ModelProto.decode(await readFile(file)).graph?.output?.[0];
      assert.equal(Number(declared?.type?.tensorType?.shape?.dim?.[1]?.dimValue), 5);
      const reopened = await loadOnnxModel(file);
      assert.equal(reopened.classes, 5);
      reopened.dispose();
      return tensors.get('fc.weight');
    };
    const one = await headOf(1);
    assert.deepEqual(await headOf(1), one);
    assert.notDeepEqual(await headOf(2), one);
    const largest = Math.max(...(one ?? []).map(Math.abs));
    assert.ok(largest <= 1 / Math.sqrt(6) && largest > 0.6 / Math.sqrt(6), String(largest));
    const kept = await begin({ file: given('traced'), head: 'new' });
    assert.match(kept.begins ?? '', /with a new last layer/, 'also where it would fit');
    kept.model.dispose();
  });

  it('says what does not fit', async () => {
    const file = given('traced');
    const five = { ...tinyDataset(), classNames: ['a', 'b', 'c', 'd', 'e'] };
    await assert.rejects(
      begin({ file, head: 'keep' }, {}, five),
      /has 3 classes, the data has 5[^]*Leave model\.head out/,
    );
    await assert.rejects(
      begin({ file, freeze: ['stem*'] }),
      /no weight or node that "stem\*" fits[^]*conv1\.weight, bn1\.weight/,
    );
    await assert.rejects(begin({ file, freeze: ['*'] }), /nothing left to train/);
    const train = { ...tinyDataset().train, height: 4, width: 16 };
    await assert.rejects(
      begin({ file }, {}, { ...tinyDataset(), train }),
      /takes images of 8 x 8 x 3; those of the data set are 4 x 16 x 3/,
    );
    await assert.rejects(begin({ file: path.join(folder, 'none.onnx') }), /none\.onnx: the file is missing/);

    const changed = async (change: (model: onnx.IModelProto) => void): Promise<string> => {
      const model = onnx.ModelProto.decode(await readFile(file));
      change(model);
      const other = path.join(folder, 'other.onnx');
      await writeFile(other, onnx.ModelProto.encode(model).finish());
      return other;
    };
    const headless = await changed(({ graph }) => {
      graph?.node?.push({ opType: 'Relu', name: 'end', input: ['logits'], output: ['scores'] });
      for (const output of graph?.output ?? []) output.name = 'scores';
    });
    await assert.rejects(
      begin({ file: headless }, {}, five),
      /node end \(Relu\): another last layer for a network whose last one is no dense one/,
    );
    const sigmoid = await changed(({ graph }) => {
      graph?.node?.push({ opType: 'Sigmoid', name: 'end', input: ['logits'], output: ['scores'] });
      for (const output of graph?.output ?? []) output.name = 'scores';
    });
    await writeFile(
      path.join(folder, 'other.m2at-model.json'),
      JSON.stringify({ outputs: 'probabilities', range: [0, 1] }),
    );
    await assert.rejects(begin({ file: sigmoid }), /output is probabilities of no softmax/);
  });

  it('leaves the softmax of a file and what it takes as they are', async () => {
    const images = Float32Array.from(vectors.images);
    const model = onnx.ModelProto.decode(await readFile(given('traced')));
    model.graph?.node?.push({ opType: 'Softmax', input: ['logits'], output: ['shares'], attribute: [] });
    for (const output of model.graph?.output ?? []) output.name = 'shares';
    const file = path.join(folder, 'net.onnx');
    await writeFile(file, onnx.ModelProto.encode(model).finish());
    await writeFile(
      path.join(folder, 'net.m2at-model.json'),
      JSON.stringify({ range: [0, 255], std: [255] }),
    );
    const { model: network } = await begin({ file });
    const saved = await save(network);
    network.dispose();
    const reopened = await loadOnnxModel(saved);
    const { spec } = await findInputSpec(saved, reopened);
    assert.deepEqual([spec.range, spec.std, spec.outputs], [[0, 255], [255], 'probabilities']);
    assert.deepEqual(spec.classNames, ['ant', 'bee', 'cat']);
    reopened.dispose();
    close(await logitsOfFile(saved, images), vectors.whole.logitsBefore, 'logits before the softmax');
  });

  it('goes on from a file, stops, resumes to the bit, is attacked, and its checkpoint starts another', async function () {
    this.timeout(60_000);
    const device = await openDevice('onnx-cpu', { threads: 1 });
    const dataset = tinyDataset();
    const train = (changes: Partial<TrainRunOptions> = {}): Promise<RunRecord> =>
      trainRun({
        ...{ experiment, root: folder, signal: new AbortController().signal },
        ...{ onEvent: () => undefined, resources: { dataset, device }, ...changes },
      });
    const weightsOf = async ({ id }: RunRecord): Promise<Buffer> => {
      const last = path.join(runDirectory(folder, id), 'checkpoints', 'last');
      const file = await onnxFile(last);
      assert.match(path.basename(file ?? ''), /^network-\d+-[0-9a-f]{8}\.onnx$/);
      return readFile(file ?? '');
    };
    const from = { name: 'checkpoint', file: given('traced'), freeze: ['conv1'], variance: 'unbiased' };
    const experiment = tinyExperiment({ model: from, options: { ema: { decay: 0.9 } } });
    const whole = await train();
    assert.equal(whole.status, 'done');
    const log = await readFile(path.join(runDirectory(folder, whole.id), 'log.txt'), 'utf8');
    assert.match(log, /Begins with .*traced\.onnx, all layers of it; .* not trained: conv1\./);
    const last = path.join(runDirectory(folder, whole.id), 'checkpoints', 'last');
    assert.deepEqual(
      (await readdir(last)).map((name) => name.replace(/-[^.]*/, '')).sort(),
      ['model.json', 'network.onnx', 'network.onnx', 'optimizer.bin', 'optimizer.bin', 'previous.json'],
      'one checkpoint before the last, and nothing of those before it',
    );

    const stop = new AbortController();
    const resources = {
      dataset,
      device: observed(device, (program, count) => {
        if (program === 'train-step' && count === 5) stop.abort();
      }),
    };
    const stopped = await train({ signal: stop.signal, resources });
    assert.equal(stopped.status, 'stopped');
    const resumed = await train({ resume: stopped.id });
    assert.equal(resumed.status, 'done');
    assert.deepEqual(await weightsOf(resumed), await weightsOf(whole));

    const classifier = await loadClassifier(formats, last);
    assert.equal(classifier.model.format, 'onnx-network');
    assert.deepEqual(classifier.assumed, []);
    classifier.model.dispose();
    const again = { name: 'checkpoint', file: runDirectory(folder, whole.id) };
    assert.equal((await train({ experiment: tinyExperiment({ model: again }) })).status, 'done');

    const damaged = await weightsOf(whole);
    damaged[damaged.length - 9] = (damaged.at(-9) ?? 0) ^ 1;
    await writeFile((await onnxFile(last)) ?? '', damaged);
    await assert.rejects(loadNetwork(last), /is not as it was saved: its SHA-256 differs/);
    await device.dispose();
  });
});
