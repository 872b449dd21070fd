import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { graphMemory } from '../../../../src/core/engine/graph/graph-memory';
import { inferShapes } from '../../../../src/core/engine/graph/infer-shapes';
import { repeat } from '../../../../src/core/engine/ops/repeat';
import { float32 } from '../../../../src/core/engine/arrays/nd-array';
import type { Program } from '../../../../src/core/engine/tracing/program';
import { traceProgram } from '../../../../src/core/engine/compile/trace-program';
import { Random } from '../../../../src/core/random';
import { deviceWith } from '../engine-fixture';
import { kernelCases } from '../kernel-cases';
import { programOf } from '../kernel-cases/kernel-case';

const MIB = 2 ** 20;

describe('the memory of a graph', () => {
  const signature = (...shapes: number[][]) => shapes.map((shape) => ({ dtype: 'float32' as const, shape }));
  const memoryOf = (program: Program, shapes: number[][], external: string[] = []): number => {
    const { graph } = traceProgram('memory', program, signature(...shapes), { block: 0 });
    return graphMemory(graph, new Set(external)).arena;
  };

  for (const block of [0, 8] as const) {
    it(`knows the shape of every result of every kernel (block ${block})`, () => {
      const wrong: string[] = [];
      for (const [area, kinds] of Object.entries(kernelCases)) {
        for (const [kind, make] of Object.entries(kinds)) {
          const kernelCase = make(Random.keyed(5, `${area}/${kind}`, 0));
          const inputs = kernelCase.inputs.map(({ dtype, shape }) => ({ dtype, shape }));
          const { graph } = traceProgram('case', programOf(kernelCase), inputs, { block });
          const values = inferShapes(graph);
          for (const { name, shape, dtype } of graph.outputs) {
            const found = values.get(name);
            const is = `${found?.dtype}[${found?.shape.join()}]`;
            const shouldBe = `${dtype}[${shape?.join()}]`;
            if (is !== shouldBe) wrong.push(`${area}/${kind} ${kernelCase.name}: ${is}, not ${shouldBe}`);
          }
        }
      }
      assert.deepEqual(wrong, []);
    });
  }

  it('counts what is alive at once, not what is computed', () => {
    const shape = [256, 1024];
    // Each overwrites the one before: one array of 1 MiB, and the last one's own.
    const chain = memoryOf(
      (x) => {
        let y = tf.add(x, 1);
        for (let i = 0; i < 10; i++) y = tf.mul(tf.add(y, 0.5), 1.1);
        return [y];
      },
      [shape],
    );
    assert.ok(chain >= MIB && chain <= 2.1 * MIB, String(chain / MIB));
    // What is read again is not overwritten.
    const again = memoryOf(
      (x) => {
        const y = tf.sin(x);
        return [tf.mul(tf.neg(y), y)];
      },
      [shape],
    );
    assert.ok(again >= 3 * MIB && again <= 3.1 * MIB, String(again / MIB));
    // All of them are needed in the end, in reverse order.
    const kept = memoryOf(
      (x) => {
        const all: tf.Tensor[] = [];
        for (let i = 0; i < 10; i++) all.push(tf.sin(all.at(-1) ?? x));
        return [all.reverse().reduce((sum, y) => tf.sub(tf.mul(sum, y), y))];
      },
      [shape],
    );
    assert.ok(kept >= 10 * MIB && kept <= 13 * MIB, String(kept / MIB));
  });

  it('counts the body of a loop once more than it is alive, however often it runs', () => {
    const loop = (steps: number): number =>
      memoryOf((x) => repeat(steps, [x], ([y = x]) => [tf.sub(tf.sin(y), tf.cos(y))]), [[256, 1024]]);
    assert.equal(loop(2), loop(1000));
    assert.ok(loop(2) >= 3 * MIB && loop(2) <= 6 * MIB, String(loop(2) / MIB));
  });

  it('grows with the batch', () => {
    const program: Program = (x) => [tf.sum(tf.relu(tf.sin(x)), -1)];
    const [small, large] = [64, 1024].map((batch) => memoryOf(program, [[batch, 4096]]));
    assert.ok(small !== undefined && large !== undefined && large > 15 * small && large < 17 * small);
  });

  it('is planned by a device without running anything', async () => {
    const device = await deviceWith('portable');
    const x = float32(new Float32Array(MIB), [1024, 1024]);
    const weights = tf.variable(tf.ones([1024, 1024]));
    let traces = 0;
    const program = device.compile('planned', (image, rate) => {
      traces++;
      weights.assign(tf.mul(weights, rate));
      return [tf.matMul(image, weights)];
    });
    const rate = float32(Float32Array.of(2), []);
    const memory = await device.planMemory?.([
      async () => {
        const [result] = await program.run(x, rate);
        assert.ok(result?.data.every((value) => value === 0));
        assert.equal(device.planning, true);
        for (;;) await program.run(x, rate);
      },
      () => program.run(x, rate),
      () => Promise.reject(new Error('for the run to find')),
    ]);
    assert.equal(device.planning, false);
    assert.ok(memory);
    assert.deepEqual(
      memory.parts.map(({ size }) => size),
      [1, 1, 0],
    );
    assert.deepEqual([...(memory.parts[0] ?? [])], [...(memory.parts[1] ?? [])]);
    assert.equal(weights.dataSync()[0], 1);
    const [bytes = 0] = memory.parts[0]?.values() ?? [];
    assert.ok(bytes > 4 * MIB && bytes < 40 * MIB, String(bytes));
    assert.ok(memory.arrays >= 3 * 4 * MIB);
    // What was traced is what runs.
    const before = traces;
    await program.run(x, rate);
    assert.deepEqual([traces, weights.dataSync()[0]], [before, 2]);
    await program.dispose();
    weights.dispose();
  });
});
