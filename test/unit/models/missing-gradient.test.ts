import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { M2atError } from '../../../src/core/errors';
import { encodeLayersModel } from '../../../src/core/models/layers-model/layers-model-file';
import { loadOnnxModel } from '../../../src/core/models/onnx/load-onnx-model';
import { assertAttackable, loadClassifier, victimOf } from '../../../src/core/attacking/classifier';
import { formats } from '../../../src/core/models/formats';
import { GraphWriter } from '../../support/graph-writer';
import { deviceWith, eager, noise } from '../engine/engine-fixture';
import { encode, floats, modelProto, type ModelOf } from './onnx/build-model';
import { planned } from '../attacks/named';

/** A network with a Tanh, whose node has a name. */
const withTanh = (input: ModelOf['input'] = ['n', 3, 6, 6]): ModelOf => ({
  input,
  nodes: [
    { op: 'Tanh', inputs: ['x'], name: '/features/squash', outputs: ['t'] },
    { op: 'Flatten', inputs: ['t'], outputs: ['f'] },
    { op: 'MatMul', inputs: ['f', 'w'] },
  ],
  tensors: [floats('w', noise([108, 5]))],
});

describe('networks whose gradient can not be built', () => {
  let folder = '';
  let gradient: tf.GradConfig | undefined;
  before(async () => {
    // Opened, so that every gradient is registered.
    assert.ok(eager);
    folder = await mkdtemp(path.join(tmpdir(), 'm2at-gradient-'));
    await deviceWith('portable');
    gradient = tf.getGradient('Tanh');
    tf.unregisterGradient('Tanh');
  });
  after(async () => {
    if (gradient) tf.registerGradient(gradient);
    await rm(folder, { recursive: true, force: true });
  });

  const refused = async (load: () => Promise<unknown>, message: RegExp): Promise<void> => {
    const before = tf.memory().numTensors;
    await assert.rejects(load, (error) => {
      assert.ok(error instanceof M2atError, String(error));
      assert.equal(error.code, 'unsupported');
      assert.match(error.message, message);
      return true;
    });
    assert.equal(tf.memory().numTensors, before, 'nothing is left in memory');
  };
  const onnxFile = async (model: ModelOf): Promise<string> => {
    const file = path.join(folder, 'net.onnx');
    await writeFile(file, encode(modelProto(model)));
    return file;
  };

  it('ONNX: refused when it is loaded, with node, op and what works', async () => {
    const file = await onnxFile(withTanh());
    await refused(
      () => loadOnnxModel(file),
      /no gradients through the op Tanh \(node \/features\/squash, opset 17\)\nAttacks that need only forward/,
    );
  });

  it('ONNX: attacks that need forward passes only are left', async () => {
    const classifier = await loadClassifier(formats, await onnxFile(withTanh()));
    assert.ok(classifier.forwardOnly);
    const attacks = (name: 'square' | 'pgd') => planned([{ name }]).attacks;
    assertAttackable(classifier, attacks('square'));
    assert.throws(() => {
      assertAttackable(classifier, attacks('pgd'));
    }, /op Tanh \(node \/features\/squash[^]*They are boundary, .*spatial, spsa, square\.$/);
    classifier.model.dispose();
  });

  it('ONNX for images of any size: at the latest before the first batch', async () => {
    // Pixels of 6 x 6 only: the usual size does not get as far as the gradient.
    const classifier = await loadClassifier(formats, await onnxFile(withTanh(['n', 3, 'h', 'w'])));
    assert.equal(classifier.forwardOnly, undefined);
    await assert.rejects(
      victimOf(classifier, await deviceWith('portable'), [6, 6, 3]),
      /no gradients through the op Tanh \(node \/features\/squash/,
    );
    classifier.model.dispose();
  });

  it('graph models: refused with node and op', async () => {
    const w = new GraphWriter();
    const squashed = w.node('squash', 'Tanh', [w.input('image', [-1, 4, 4, 3])]);
    const mean = w.node('mean', 'Mean', [squashed, w.ints('axes', [1, 2])]);
    w.node('logits', 'MatMul', [mean, w.constant('kernel', [1, 2, 3, 4, 5, 6], [3, 2])]);
    const file = await w.save(path.join(folder, 'graph'), { logits: [-1, 2] });
    await refused(
      () => loadClassifier(formats, file),
      /node squash \(Tanh\): no gradients through the op Tanh\nConvert the model to ONNX/,
    );
  });

  it('layers models: refused with layer and class', async () => {
    const model = tf.sequential({
      layers: [
        tf.layers.activation({ inputShape: [4, 4, 3], activation: 'tanh', name: 'squash' }),
        tf.layers.flatten(),
        tf.layers.dense({ units: 2 }),
      ],
    });
    const { modelJson, weights } = encodeLayersModel(model, { weightsFile: 'weights.bin', metadata: {} });
    model.dispose();
    await writeFile(path.join(folder, 'model.json'), modelJson);
    await writeFile(path.join(folder, 'weights.bin'), weights);
    await refused(
      () => loadClassifier(formats, folder),
      /layer squash: no gradients through the layer Activation\nConvert the model to ONNX/,
    );
  });
});
