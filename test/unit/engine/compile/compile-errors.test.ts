import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import type { Program } from '../../../../src/core/engine/tracing/program';
import type { NdArray } from '../../../../src/core/engine/arrays/nd-array';
import { float32, int32 } from '../../../../src/core/engine/arrays/nd-array';
import { inScope } from '../../../../src/core/engine/graph/scope';
import { M2atError } from '../../../../src/core/errors';
import { deviceWith, runOn } from '../engine-fixture';

const file = 'test/unit/engine/compile/compile-errors.test.ts';

/** The line of this file that ends with the comment. */
function lineOf(comment: string): number {
  const lines = readFileSync(path.resolve(file), 'utf8').split('\n');
  const index = lines.findIndex((line) => line.trimEnd().endsWith(`// ${comment}`));
  assert.ok(index >= 0, comment);
  return index + 1;
}

const vector = (): NdArray[] => [float32(Float32Array.of(1, -2, 3), [3])];

async function errorOf(program: Program, inputs = vector()): Promise<M2atError> {
  const error: unknown = await runOn(await deviceWith('portable'), 'mine', program, inputs).then(
    () => assert.fail('The program should be refused.'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof M2atError, String(error));
  return error;
}

/** A program in JavaScript, which nobody keeps from being asynchronous. */
const untyped = (program: (x: tf.Tensor) => unknown): Program => program as Program;

describe('errors of the compiler name the line of the program', () => {
  const cases: Record<string, [Program, RegExp]> = {
    'a value that is read': [
      (x) => [x.mul(x.sum().dataSync()[0] ?? 1)], // a value that is read
      /The program "mine" reads the value of a tensor/,
    ],
    'a branch on data': [
      (x) => {
        const positive = x.sum().arraySync() === 1; // a branch on data
        return [positive ? x : x.neg()];
      },
      /reads the value of a tensor[^]*tf\.where/,
    ],
    'a value that is printed': [
      (x) => {
        x.add(1).print(); // a value that is printed
        return [x];
      },
      /reads the value/,
    ],
    'a value that is read later': [
      (x) => {
        void x.data(); // a value that is read later
        return [x];
      },
      /reads the value/,
    ],
    'a value that is awaited': [
      untyped(async (x) => {
        await x.data(); // a value that is awaited
        return [x];
      }),
      /reads the value/,
    ],
    'an op without a lowering': [
      (x) => [tf.unique(x).values], // an op without a lowering
      /The program "mine" can't be compiled: the op Unique has no lowering/,
    ],
    'an op inside of a gradient': [
      (x) => [tf.grad((z) => tf.unique(z.square()).values.sum())(x)], // an op inside of a gradient
      /Unique/,
    ],
    'random numbers': [
      (x) => [x.add(tf.randomNormal([3]))], // random numbers
      /The program "mine" draws random numbers[^]*an input of the program/,
    ],
    dropout: [
      (x) => [tf.dropout(x, 0.5)], // dropout
      /draws random numbers/,
    ],
    'a tensor of strings': [
      (x) => [x, tf.tensor(['a', 'b'])], // a tensor of strings
      /can't hold string tensors/,
    ],
  };
  for (const [what, [program, message]] of Object.entries(cases)) {
    it(what, async () => {
      const error = await errorOf(program);
      assert.match(error.message, message);
      assert.equal(error.where, `${file}:${lineOf(what)}`);
      assert.equal(error.code, 'unsupported');
    });
  }

  it('with the scope, here the name of a layer', async () => {
    const error = await errorOf((x) =>
      inScope('conv2', () => [
        tf.unique(x).values, // inside of a scope
      ]),
    );
    assert.equal(error.where, `${file}:${lineOf('inside of a scope')} (conv2)`);
  });

  it('when ONNX Runtime fails while it runs', async () => {
    const inputs = [...vector(), int32(Int32Array.of(1, 7), [2])];
    const error = await errorOf((x, indices) => {
      const shifted = x.add(1);
      return [tf.gather(shifted, indices as tf.Tensor1D).neg()]; // an index out of range
    }, inputs);
    assert.match(error.message, /The program "mine" failed in ONNX Runtime.*idx=7/);
    assert.equal(error.where, `${file}:${lineOf('an index out of range')}`);
  });

  it('not at all where there is none: an asynchronous program', async () => {
    const error = await errorOf(untyped((x) => Promise.resolve([x])));
    assert.match(error.message, /returned a promise/);
    assert.equal(error.where, undefined);
    assert.match((await errorOf(untyped((x) => x))).message, /returned something else/);
  });

  it('and leave the process as it was', async () => {
    const state = (): unknown[] => [
      Object.getOwnPropertyDescriptor(Math, 'random')?.value,
      Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace')?.value,
      Error.stackTraceLimit,
      tf.getBackend(),
    ];
    const before = state();
    await errorOf((x) => [tf.unique(x).values]);
    assert.deepEqual(state(), before);
  });
});
