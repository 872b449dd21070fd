import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { onnx } from 'onnx-proto';
import { firstFloat32 } from '../../../../src/core/attacks/base/outputs';
import { float32 } from '../../../../src/core/engine/arrays/nd-array';
import { loadOnnxModel } from '../../../../src/core/models/onnx/load-onnx-model';
import { M2atError } from '../../../../src/core/errors';
import { deviceWith } from '../../engine/engine-fixture';
import { temporaryRoot } from '../../training/tiny-task';
import { encode, floats, ints, modelProto, scalar, type ModelOf, type NodeOf } from './build-model';

const batch = 3;
const train: onnx.ITensorProto = { name: 'train', dims: [], dataType: 9, int32Data: [1] };

/** [n, 8, 8, 8] of ones, changed by the nodes up to `noisy`, as rows. */
function network(nodes: readonly NodeOf[], more: Partial<ModelOf> = {}): ModelOf {
  return {
    input: ['n', 8, 8, 8],
    ...more,
    nodes: [...nodes, { op: 'Flatten', inputs: ['noisy'] }],
  };
}

describe('random ops of ONNX', () => {
  let root = '';
  before(async () => {
    root = await temporaryRoot();
  });
  after(() => rm(root, { recursive: true, maxRetries: 5 }));

  const fileOf = async (model: ModelOf): Promise<string> => {
    const file = path.join(root, 'net.onnx');
    await writeFile(file, encode(modelProto(model)));
    return file;
  };

  /** Rows of two runs on images of ones. */
  async function twice(model: ModelOf): Promise<[Float32Array[], Float32Array[]]> {
    const loaded = await loadOnnxModel(await fileOf(model));
    assert.equal(loaded.random, true);
    const program = (await deviceWith('portable')).compile('net', (x) => [loaded.forward(x)]);
    const run = async (): Promise<Float32Array[]> => {
      const images = float32(new Float32Array(batch * 512).fill(1), [batch, 8, 8, 8]);
      const { data } = firstFloat32(await program.run(images));
      return Array.from({ length: batch }, (_, n) => data.slice(n * 512, (n + 1) * 512));
    };
    try {
      return [await run(), await run()];
    } finally {
      await program.dispose();
      loaded.dispose();
    }
  }

  const mean = (values: ArrayLike<number>): number =>
    Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;

  /** Mean and deviation over all, that two runs differ, and that images do. */
  async function assertMoments(model: ModelOf, expected: number, deviation: number): Promise<void> {
    const [first, second] = await twice(model);
    const all = first.flatMap((row) => Array.from(row));
    const found = mean(all);
    const spread = Math.sqrt(mean(all.map((value) => (value - found) ** 2)));
    assert.ok(Math.abs(found - expected) < 0.12 * Math.max(deviation, 0.1) + 1e-6, `mean ${found}`);
    assert.ok(Math.abs(spread - deviation) < 0.12 * deviation + 1e-6, `deviation ${spread}`);
    assert.notDeepEqual(first, second);
    assert.notDeepEqual(first[0], first[1]);
  }

  const noisy = (node: NodeOf, op = 'Add'): NodeOf[] => [
    { ...node, outputs: ['noise'] },
    { op, inputs: ['x', 'noise'], outputs: ['noisy'] },
  ];

  it('RandomNormalLike and RandomUniformLike: as their input, with their attributes', async () => {
    const normal = {
      op: 'RandomNormalLike',
      inputs: ['x'],
      attributes: { mean: { float: 2 }, scale: { float: 0.5 } },
    };
    await assertMoments(network(noisy(normal)), 3, 0.5);
    const uniform = {
      op: 'RandomUniformLike',
      inputs: ['x'],
      attributes: { low: { float: -1 }, high: { float: 2 } },
    };
    await assertMoments(network(noisy(uniform)), 1.5, 3 / Math.sqrt(12));
    const doubles = { op: 'RandomNormalLike', inputs: ['x'], attributes: { dtype: 11 } };
    await assertMoments(network(noisy(doubles)), 1, 1);
  });

  it('RandomNormal and RandomUniform: each image has its own, also where the file is fixed to one image', async () => {
    const normal = {
      op: 'RandomNormal',
      inputs: [],
      attributes: { shape: [1, 8, 8, 8], seed: { float: 4 } },
    };
    await assertMoments(network(noisy(normal), { input: [1, 8, 8, 8] }), 1, 1);
    const uniform = { op: 'RandomUniform', inputs: [], attributes: { shape: [batch, 8, 8, 8] } };
    await assertMoments(network(noisy(uniform), { input: [batch, 8, 8, 8] }), 1.5, 1 / Math.sqrt(12));
  });

  it('noise of a shape that is computed from the input', async () => {
    const nodes: NodeOf[] = [
      { op: 'Shape', inputs: ['x'], outputs: ['shape'] },
      { op: 'ConstantOfShape', inputs: ['shape'], outputs: ['zeros'] },
      ...noisy({ op: 'RandomNormalLike', inputs: ['zeros'] }),
    ];
    await assertMoments(network(nodes), 1, 1);
    // So few numbers are usually computed ahead.
    const few: NodeOf[] = [
      { op: 'RandomNormalLike', inputs: ['four'], outputs: ['noise'] },
      { op: 'Mul', inputs: ['x', 'noise'], outputs: ['noisy'] },
    ];
    const [first, second] = await twice(
      network(few, { tensors: [floats('four', float32(new Float32Array(8), [8]))] }),
    );
    assert.notDeepEqual(first, second);
  });

  it('Bernoulli: ones with the given probability', async () => {
    const nodes: NodeOf[] = [
      { op: 'Mul', inputs: ['x', 'share'], outputs: ['p'] },
      { op: 'Bernoulli', inputs: ['p'], outputs: ['noisy'] },
    ];
    const model = network(nodes, { tensors: [scalar('share', 0.3)] });
    const [first, second] = await twice(model);
    const all = first.flatMap((row) => Array.from(row));
    assert.ok(all.every((value) => value === 0 || value === 1));
    assert.ok(Math.abs(mean(all) - 0.3) < 0.06);
    assert.notDeepEqual(first, second);
  });

  it('Dropout in training mode: what is kept is scaled up, and its mask says what', async () => {
    const nodes: NodeOf[] = [
      { op: 'Dropout', inputs: ['x', 'ratio', 'train'], outputs: ['kept', 'mask'] },
      { op: 'Cast', inputs: ['mask'], outputs: ['flags'], attributes: { to: 1 } },
      { op: 'Mul', inputs: ['kept', 'flags'], outputs: ['noisy'] },
    ];
    const [first, second] = await twice(network(nodes, { tensors: [scalar('ratio', 0.2), train] }));
    const all = first.flatMap((row) => Array.from(row));
    assert.ok(all.every((value) => value === 0 || Math.abs(value - 1.25) < 1e-6));
    assert.ok(Math.abs(mean(all) - 1) < 0.06);
    assert.notDeepEqual(first, second);
  });

  it('what is damaged, or of whole numbers, is refused', async () => {
    const cases: readonly [NodeOf, RegExp, onnx.ITensorProto[]?][] = [
      [{ op: 'RandomNormal', inputs: [] }, /its attribute shape is missing/],
      [{ op: 'RandomNormal', inputs: [], attributes: { shape: [3, 2 ** 40] } }, /would have the shape/],
      [{ op: 'RandomUniformLike', inputs: ['x'], attributes: { dtype: 7 } }, /of the type 7/],
      [{ op: 'Dropout', inputs: ['x', 'ratio', 'train'] }, /its ratio is 2/, [scalar('ratio', 2), train]],
      [{ op: 'Dropout', inputs: ['x', 'two', 'train'] }, /has 2 numbers/, [ints('two', [1, 2]), train]],
    ];
    for (const [node, message, tensors = []] of cases) {
      const file = await fileOf(network(noisy(node), { tensors }));
      await assert.rejects(loadOnnxModel(file), (error: unknown) => {
        assert.ok(error instanceof M2atError, String(error));
        assert.match(error.message, message);
        return true;
      });
    }
  });

  it('a network without them is not random, and one with a Dropout that passes on is not either', async () => {
    const nodes: NodeOf[] = [{ op: 'Dropout', inputs: ['x'], outputs: ['noisy'] }];
    const loaded = await loadOnnxModel(await fileOf(network(nodes)));
    assert.equal(loaded.random, false);
    loaded.dispose();
  });
});
