import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import * as ort from 'onnxruntime-node';
import type { NdArray } from '../../../../src/core/engine/nd-array';
import { readOnnxGraph } from '../../../../src/core/models/onnx/read-graph';
import { supportedOps } from '../../../../src/core/models/onnx/registry';
import { runNodes } from '../../../../src/core/models/onnx/run-nodes';
import { Weights } from '../../../../src/core/models/onnx/weights';
import { assertClose, deviceWith, eager, layouts, noise, runOn } from '../../engine/engine-fixture';
import { encode, modelProto } from './build-model';
import { layerOpCases } from './layer-op-cases';
import type { OpCase } from './op-case';
import { shapeOpCases } from './shape-op-cases';

const opCases = { ...layerOpCases, ...shapeOpCases };

const weightOf = (i: number): number => Math.cos(i * 0.7) + 0.3;

describe('ONNX ops: the values of ONNX Runtime, and gradients that fit its differences', function () {
  this.timeout(60_000);
  let folder = '';
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'm2at-onnx-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  for (const [family, cases] of Object.entries(opCases)) {
    describe(family, () => {
      for (const c of cases) {
        it(c.name, () => check(c, path.join(folder, 'model.onnx')));
      }
    });
  }

  it('every op has a case', () => {
    const tested = new Set(
      Object.values(opCases).flatMap((cases) => cases.flatMap(({ nodes }) => nodes.map(({ op }) => op))),
    );
    // Logic and the arithmetic of shapes: shape-arithmetic.test.ts.
    const elsewhere = new Set([
      'And',
      'ArgMax',
      'CastLike',
      'Ceil',
      'Constant',
      'ConstantOfShape',
      'Equal',
      'GreaterOrEqual',
      'Less',
      'LessOrEqual',
      'Mod',
      'Not',
      'Or',
      'Range',
      'ReduceProd',
      'Sign',
      'Size',
      // Random numbers: random-ops.test.ts
      'Bernoulli',
      'RandomNormal',
      'RandomNormalLike',
      'RandomUniform',
      'RandomUniformLike',
    ]);
    assert.deepEqual(
      supportedOps().filter((op) => !tested.has(op) && !elsewhere.has(op)),
      [],
    );
  });

  it('a norm has no slope where everything is 0, and not an infinite one', async () => {
    const file = path.join(folder, 'norm.onnx');
    const nodes = [
      { op: 'ReduceL2', inputs: ['x'], attributes: { axes: [1], keepdims: 1 }, outputs: ['n'] },
      { op: 'Flatten', inputs: ['n'], outputs: ['y'] },
    ];
    await writeFile(file, encode(modelProto({ nodes, input: [2, 3, 2, 2] })));
    const graph = await readOnnxGraph(file);
    const weights = new Weights(graph);
    const x = tf.concat([tf.zeros([1, 3, 2, 2]), tf.ones([1, 3, 2, 2])]);
    const { value, grad } = tf.valueAndGrad((images: tf.Tensor) => tf.sum(runNodes(graph, weights, images)))(
      x,
    );
    assert.ok(Math.abs((value.dataSync()[0] ?? 0) - 4 * Math.sqrt(3)) < 1e-5);
    const expected = Array.from({ length: 24 }, (_, i) => (i < 12 ? 0 : 1 / Math.sqrt(3)));
    assert.ok(Array.from(grad.dataSync()).every((slope, i) => Math.abs(slope - (expected[i] ?? NaN)) < 1e-6));
    weights.dispose();
  });
});

async function check(c: OpCase, file: string): Promise<void> {
  const bytes = encode(modelProto(c));
  await writeFile(file, bytes);
  const session = await ort.InferenceSession.create(bytes, {
    graphOptimizationLevel: 'basic',
    intraOpNumThreads: 1,
    logSeverityLevel: 4,
  });
  const run = async (x: NdArray<'float32'>): Promise<NdArray<'float32'>> => {
    const { y } = await session.run({ x: new ort.Tensor('float32', x.data, x.shape) });
    assert.ok(y?.data instanceof Float32Array);
    return { dtype: 'float32', shape: y.dims, data: y.data };
  };
  const graph = await readOnnxGraph(file);
  const weights = new Weights(graph);
  try {
    const x = noise(c.input, 8);
    const expected = await run(x);
    const forward = (images: tf.Tensor): tf.Tensor => runNodes(graph, weights, images);
    const loss = (images: tf.Tensor): tf.Scalar => {
      const y = forward(images);
      const factors = tf.tensor(
        Float32Array.from({ length: y.size }, (_, i) => weightOf(i)),
        y.shape,
      );
      return tf.sum(tf.mul(y, factors)).asScalar();
    };
    const program = (...[images]: tf.Tensor[]): tf.Tensor[] => {
      assert.ok(images);
      return c.gradient ? [forward(images), tf.grad(loss)(images)] : [forward(images)];
    };
    const reference = await runOn(c.eager ? eager : await deviceWith('portable'), c.name, program, [x]);
    assertClose(reference.slice(0, 1), [expected], c.name);
    for (const layout of layouts) {
      assertClose(
        await runOn(await deviceWith(layout), c.name, program, [x]),
        reference,
        `${c.name} (${layout})`,
      );
    }
    const [, gradient] = reference;
    if (gradient) await checkGradient(run, x, gradient, c.name);
  } finally {
    weights.dispose();
    await session.release();
  }
}

/**
 * The gradient's part in a direction, against the difference of ONNX Runtime's results along it. Where a kink lies within
 * the step the two differ, so that one direction out of three has to fit.
 */
async function checkGradient(
  run: (x: NdArray<'float32'>) => Promise<NdArray<'float32'>>,
  x: NdArray<'float32'>,
  gradient: NdArray,
  what: string,
): Promise<void> {
  const step = 5e-4;
  const errors: number[] = [];
  for (const seed of [21, 22, 23]) {
    const direction = noise(x.shape, seed).data;
    const total = async (sign: number): Promise<number> => {
      const moved = x.data.map((value, i) => value + sign * step * (direction[i] ?? 0));
      const { data } = await run({ ...x, data: moved });
      return data.reduce((sum, value, i) => sum + value * weightOf(i), 0);
    };
    const measured = ((await total(1)) - (await total(-1))) / (2 * step);
    const terms = Array.from(gradient.data, (value, i) => value * (direction[i] ?? 0));
    const computed = terms.reduce((sum, term) => sum + term, 0);
    const size = Math.sqrt(terms.reduce((sum, term) => sum + term * term, 0));
    assert.ok(size > 0, `${what}: the gradient is zero`);
    errors.push(Math.abs(measured - computed) / size);
  }
  assert.ok(Math.min(...errors) < 0.01, `${what}: gradient and differences differ by ${errors.join(', ')}`);
}
