import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import * as tf from '@tensorflow/tfjs';
import * as ort from '../../../../src/core/engine/runtime/onnx-runtime';
import type { NdArray } from '../../../../src/core/engine/arrays/nd-array';
import { readOnnxGraph } from '../../../../src/core/models/onnx/read-graph';
import type { FindOperator } from '../../../../src/core/models/graph/operators';
import { runNodes } from '../../../../src/core/models/graph/run-nodes';
import { Weights } from '../../../../src/core/models/graph/weights';
import { assertClose, deviceWith, eager, layouts, noise, runOn } from '../../engine/engine-fixture';
import { encode, modelProto } from './build-model';
import type { OpCase } from './op-case';

type Forward = (x: NdArray<'float32'>) => Promise<NdArray<'float32'>>;

const weightOf = (i: number): number => Math.cos(i * 0.7) + 0.3;

/**
 * Fails unless the values of a case are those of ONNX Runtime, and its gradient is what the differences of ONNX Runtime's
 * values say, or 0 where the case says so; op by op and compiled.
 * @param find what takes the place of the table
 */
export async function checkOp(c: OpCase, file: string, find?: FindOperator): Promise<void> {
  const bytes = encode(modelProto(c));
  await writeFile(file, bytes);
  const theirs = c.reference ? encode(modelProto({ ...c, nodes: c.reference })) : bytes;
  const session = await ort.InferenceSession.create(theirs, {
    graphOptimizationLevel: 'basic',
    intraOpNumThreads: 1,
    logSeverityLevel: 4,
  });
  const run: Forward = async (x) => {
    const { y } = await session.run({ x: new ort.Tensor('float32', x.data, x.shape) });
    assert.ok(y?.data instanceof Float32Array);
    return { dtype: 'float32', shape: y.dims, data: y.data };
  };
  const graph = await readOnnxGraph(file);
  const weights = new Weights(graph);
  try {
    const x = noise(c.input, 8);
    const expected = await run(x);
    const forward = (images: tf.Tensor): tf.Tensor => runNodes(graph, weights, images, find ? { find } : {});
    const loss = (images: tf.Tensor): tf.Scalar => {
      const y = forward(images);
      const factors = Float32Array.from({ length: y.size }, (_, i) => weightOf(i));
      return tf.sum(tf.mul(y, tf.tensor(factors, y.shape))).asScalar();
    };
    const program = (...[images]: tf.Tensor[]): tf.Tensor[] => {
      assert.ok(images);
      return [forward(images), tf.grad(loss)(images)];
    };
    const reference = await runOn(c.eager ? eager : await deviceWith('portable'), c.name, program, [x]);
    assertClose(reference.slice(0, 1), [expected], c.name);
    for (const layout of layouts) {
      const results = await runOn(await deviceWith(layout), c.name, program, [x]);
      assertClose(results, reference, `${c.name} (${layout})`);
    }
    const [, gradient] = reference;
    assert.ok(gradient);
    if (c.gradient === 'zero') {
      assert.ok(
        gradient.data.every((slope) => slope === 0),
        `${c.name}: the gradient is not 0`,
      );
      await checkFlat(run, x, expected, c.name);
    } else {
      await checkDifferences(run, x, gradient, c.name);
    }
  } finally {
    weights.dispose();
    await session.release();
  }
}

/** A case is flat where small steps change nothing: along one direction out of three, as steps may meet a jump. */
async function checkFlat(
  run: Forward,
  x: NdArray<'float32'>,
  expected: NdArray<'float32'>,
  what: string,
): Promise<void> {
  for (const seed of [21, 22, 23]) {
    const direction = noise(x.shape, seed).data;
    const { data } = await run({ ...x, data: x.data.map((value, i) => value + 1e-5 * (direction[i] ?? 0)) });
    if (data.every((value, i) => value === expected.data[i])) return;
  }
  assert.fail(`${what}: ONNX Runtime's values are not constant around x`);
}

/**
 * The gradient's part in a direction, against the difference of ONNX Runtime's results along it. Where a kink lies within
 * the step the two differ, so that one direction out of three has to fit.
 */
async function checkDifferences(
  run: Forward,
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
