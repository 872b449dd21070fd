import assert from 'node:assert/strict';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import * as z from 'zod';
import { releaseArray, type ProgramInput } from '../../../src/core/engine/arrays/device-array';
import { float32, type NdArray } from '../../../src/core/engine/arrays/nd-array';
import { openDevice } from '../../../src/core/engine/devices/devices';
import { methods } from '../../../src/core/methods';
import { chooseMethod } from '../../../src/core/methods/choose-method';
import { loadHelper } from '../../../src/core/methods/hat/load-helper';
import { encodeLayersModel } from '../../../src/core/models/layers-model/layers-model-file';
import { createModel } from '../../../src/core/models/networks/create-model';
import { modelParameters } from '../../../src/core/models/networks/model-schema';
import { oneOf } from '../../../src/core/named-schema';
import { Random } from '../../../src/core/random';
import { testDevices } from '../attacks/devices';
import { root as repository } from '../../support/root';
import { setWeights } from '../attacks/tiny-network';
import { temporaryRoot } from '../training/tiny-task';

const [COUNT, SIZE, CLASSES] = [80, 8, 4];

type Padding = 'tensorflow' | 'pytorch';

/** With a stride of 2, where the two paddings differ, and a normalisation of its own. */
function network(padding: Padding, mean: number): tf.LayersModel {
  const model = createModel(
    modelParameters.parse({ name: 'preact-resnet', blocks: [1, 1], width: 2, padding }),
    {
      ...{ inputShape: [SIZE, SIZE, 3], classes: CLASSES, seed: 1 },
      normalization: { mean: [mean, mean, mean], std: [0.3, 0.3, 0.3] },
    },
  );
  return randomized(model);
}

/** For images in [0, 255]: without or with a first layer that says so. */
function widerRange(rescales: boolean): tf.LayersModel {
  const input = { inputShape: [SIZE, SIZE, 3] };
  const rescaling = tf.layers.rescaling({ scale: 1 / 255, ...input });
  const layers = [
    ...(rescales ? [rescaling] : []),
    tf.layers.conv2d({
      filters: 2,
      kernelSize: 3,
      padding: 'same',
      strides: 2,
      activation: 'tanh',
      ...input,
    }),
    tf.layers.flatten(),
    tf.layers.dense({ units: CLASSES }),
  ];
  return randomized(tf.sequential({ layers }));
}

/** All weights but those of the normalisation. */
function randomized(model: tf.LayersModel): tf.LayersModel {
  const random = Random.keyed(5, 'helper');
  setWeights(
    model,
    model.weights.map((weight) => {
      const { shape } = weight.read();
      const kept = weight.originalName.startsWith('input_normalization');
      const drawn = Array.from(weight.read().dataSync<'float32'>(), (value) =>
        kept ? value : weight.originalName.endsWith('variance') ? 0.5 + random.uniform() : random.normal(),
      );
      return { shape, data: drawn };
    }),
  );
  return model;
}

const random = Random.keyed(7, 'images');
const images = float32(
  Float32Array.from({ length: COUNT * SIZE * SIZE * 3 }, () => random.uniform()),
  [COUNT, SIZE, SIZE, 3],
);
const labels = Int32Array.from({ length: COUNT }, (_, n) => n % CLASSES);

/** TF.js's own answer, without anything of the forward pass of this program. */
function answers(model: tf.LayersModel, x: NdArray, scale = 1): number[] {
  return tf.tidy(() => {
    const scores = model.predict(tf.tensor(x.data, [...x.shape]).mul(scale));
    assert.ok(scores instanceof tf.Tensor);
    return [...scores.argMax(-1).dataSync()];
  });
}

const read = (input: ProgramInput | undefined): Promise<NdArray> | NdArray => {
  assert.ok(input);
  return 'read' in input ? input.read() : input;
};

describe("HAT's helper has conventions of its own", () => {
  for (const { name, open } of testDevices) {
    it(`on ${name}`, async () => {
      const [folder, device] = [await temporaryRoot(), await open()];
      /** What it labels, and the perturbed images. */
      const labelled = async (helper: tf.LayersModel, trained: tf.LayersModel, sidecar?: object) => {
        const at = path.join(folder, 'helper');
        await rm(at, { recursive: true, force: true });
        await mkdir(at);
        const { modelJson, weights } = encodeLayersModel(helper, { weightsFile: 'w.bin', metadata: {} });
        await writeFile(path.join(at, 'model.json'), modelJson);
        await writeFile(path.join(at, 'w.bin'), weights);
        if (sidecar) await writeFile(path.join(at, 'model.m2at-model.json'), JSON.stringify(sidecar));
        const chosen = chooseMethod(methods, oneOf(methods).parse({ name: 'hat', steps: 1, helper: at }));
        const method = await chosen.create({ device, model: trained, classes: CLASSES, batchSize: COUNT });
        const batch = { images, labels, classes: CLASSES, progress: 0, steps: 1 };
        const drawn = chosen.complete(
          batch,
          chosen.draw(batch, (purpose) => Random.keyed(1, purpose)),
        );
        const inputs = await method.prepare(drawn, new AbortController().signal);
        const [xAdv, rows] = [await read(inputs[1]), await read(inputs[3])];
        inputs.forEach(releaseArray);
        await method.dispose();
        const found = Array.from({ length: COUNT }, (_, n) =>
          rows.data.subarray(n * CLASSES, (n + 1) * CLASSES).indexOf(1),
        );
        return { xAdv, found };
      };
      for (const [own, other] of [
        ['tensorflow', 'pytorch'],
        ['pytorch', 'tensorflow'],
      ] as const) {
        const [helper, trained] = [network(own, 0.3), network(other, 0.6)];
        const { xAdv, found } = await labelled(helper, trained);
        assert.deepEqual(found, answers(helper, xAdv), own);
        // These images can tell: with the conventions of the other one, answers are not the same.
        for (const wrong of [network(other, 0.3), network(own, 0.6)]) {
          assert.notDeepEqual(answers(wrong, xAdv), found, own);
          wrong.dispose();
        }
        helper.dispose();
        trained.dispose();
      }
      for (const rescales of [true, false]) {
        const [helper, trained] = [widerRange(rescales), network('tensorflow', 0.5)];
        const { xAdv, found } = await labelled(helper, trained, rescales ? undefined : { range: [0, 255] });
        assert.deepEqual(found, answers(helper, xAdv, 255));
        assert.notDeepEqual(answers(helper, xAdv), found);
        helper.dispose();
        trained.dispose();
      }
      await device.dispose();
      await rm(folder, { recursive: true });
    });
  }

  it('is an ONNX file as well', async () => {
    const folder = path.join(repository, 'test/reference/fine_tune_onnx');
    const { images: pixels, whole } = z
      .object({ images: z.array(z.number()), whole: z.object({ logitsBefore: z.array(z.number()) }) })
      .parse(JSON.parse(await readFile(path.join(folder, 'vectors.json'), 'utf8')));
    const trained = network('pytorch', 0.5);
    const device = await openDevice('tfjs-cpu', { threads: 1 });
    const ofThree = { device, batchSize: 6, model: trained, classes: 3 };
    const helper = await loadHelper(path.join(folder, 'traced.onnx'), ofThree);
    const logits = tf.tidy(() => helper.logits(tf.tensor(pixels, [6, SIZE, SIZE, 3])).dataSync());
    helper.dispose();
    const worst = Math.max(...whole.logitsBefore.map((value, i) => Math.abs(value - (logits[i] ?? NaN))));
    assert.ok(worst < 2e-5, String(worst));
    await assert.rejects(
      loadHelper(path.join(folder, 'traced.onnx'), { ...ofThree, classes: CLASSES }),
      /the helper \(method\.helper\) has 3 classes; the data set has 4/,
    );
    trained.dispose();
    await device.dispose();
  });
});
