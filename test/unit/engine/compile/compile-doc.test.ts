import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs';
import type { Program } from '../../../../src/core/engine';
import { float32, inScope, repeat } from '../../../../src/core/engine';
import { loweredKernels } from '../../../../src/core/engine/kernels/lower';
import { registerLowerings } from '../../../../src/core/engine/kernels/register';
import { M2atError } from '../../../../src/core/errors';
import { trainOnAttackedImages } from './compile-example';
import { deviceWith, runOn } from '../engine-fixture';

const text = (file: string): string => readFileSync(file, 'utf8').replaceAll('\r\n', '\n');
const doc = text('docs/compile.md');

async function messageOf(program: Program): Promise<string> {
  const x = float32(Float32Array.of(1, 2, 3), [3]);
  const error: unknown = await runOn(await deviceWith('portable'), 'mine', program, [x]).catch(
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof M2atError, String(error));
  return error.message.replace(/^test\/unit\/engine\/compile\/compile-doc\.test\.ts:\d+/, 'my-model.ts:42');
}

let kept: tf.Variable;
before(() => {
  kept = tf.variable(tf.zeros([3]), false, 'kept');
});
after(() => {
  kept.dispose();
});

/** The programs whose errors docs/compile.md shows. */
const refused: Record<string, Program> = {
  'reads a value': (x) => {
    const total = x.sum().dataSync()[0] ?? 0;
    return [total > 0 ? x : x.neg()];
  },
  'calls an op without a lowering in a scope': (x) =>
    inScope('conv2', () => [tf.conv3d(x.as5D(1, 3, 1, 1, 1), tf.ones([1, 1, 1, 1, 1]), 1, 'same')]),
  'draws random numbers': (x) => [x.add(tf.randomNormal([3]))],
  'is asynchronous': ((x: tf.Tensor) => Promise.resolve([x])) as unknown as Program,
  'holds strings': (x) => [x, tf.tensor(['cat', 'dog'])],
  'assigns a variable in a loop': (x) => {
    repeat(3, [x], ([y = x]) => {
      kept.assign(y);
      return [y.add(1)];
    });
    return [x];
  },
  'lets a value out of a loop': (x) => {
    let inside = x;
    repeat(3, [x], ([y = x]) => {
      inside = y.add(1);
      return [inside];
    });
    return [inside.add(x)];
  },
};

describe('docs/compile.md', () => {
  it('shows the example that this test runs', async () => {
    const example = text('test/unit/engine/compile/compile-example.ts').replace(
      '../../../../src/core/engine',
      '../src/core/engine',
    );
    assert.ok(doc.includes('```ts\n' + example + '```'), 'copy compile-example.ts into docs/compile.md');
    const { losses, learnt } = await trainOnAttackedImages(100);
    assert.ok((losses.at(-1) ?? NaN) < 0.5 * (losses[0] ?? NaN), losses.join(' '));
    assert.equal(learnt.length, 72);
  });

  for (const [what, program] of Object.entries(refused)) {
    it(`shows the error of a program that ${what}`, async () => {
      const message = await messageOf(program);
      assert.ok(doc.includes('```\n' + message + '\n```'), `docs/compile.md should show:\n${message}`);
    });
  }

  it('lists the TF.js kernels that have no lowering', () => {
    registerLowerings();
    const lowered = new Set(loweredKernels());
    const missing = tf
      .getKernelsForBackend('cpu')
      .map(({ kernelName }) => kernelName)
      .filter((name) => !lowered.has(name))
      .sort();
    const listed = /<!-- refused -->([^]*?)<!-- \/refused -->/.exec(doc)?.[1]?.match(/`\w+`/g) ?? [];
    assert.deepEqual(listed.map((name) => name.slice(1, -1)).sort(), missing);
  });

  it('lists the kernels that have a value and no gradient', async () => {
    const listed = /<!-- no gradient -->([^]*?)<!-- \/no gradient -->/.exec(doc)?.[1]?.match(/`\w+`/g) ?? [];
    assert.ok(listed.length > 0);
    registerLowerings();
    for (const name of listed.map((entry) => entry.slice(1, -1))) {
      assert.ok(loweredKernels().includes(name), name);
      assert.equal(tf.getGradient(name), undefined, name);
    }
    const program: Program = (x) => [tf.grad((z) => tf.cumprod(z).sum())(x)];
    await assert.rejects(
      runOn(await deviceWith('portable'), 'mine', program, [float32(Float32Array.of(1, 2), [2])]),
      (error) => error instanceof Error && doc.includes(error.message),
    );
  });
});
