import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { loweredKernels } from '../../../../src/core/engine/kernels/lower';
import { registerLowerings } from '../../../../src/core/engine/kernels/register';
import { TRACE_BACKEND } from '../../../../src/core/engine/tracing/trace-backend';
import { Random } from '../../../../src/core/random';
import { deviceWith, layouts, skipWithoutWebGpu } from '../engine-fixture';
import { checkCases, type NumberedCase } from '../kernel-cases/check-cases';
import { kernelCases } from '../kernel-cases';

/** Other numbers give other cases: `M2AT_KERNEL_SEED=7 node scripts/unit.mjs random-kernels`. */
const seed = Number(process.env.M2AT_KERNEL_SEED ?? 1);
const repeats = Number(process.env.M2AT_KERNEL_REPEATS ?? 5);

function drawn(name: string, times: number): NumberedCase[] {
  const [area = '', kind = ''] = name.split('/');
  const make = kernelCases[area]?.[kind];
  assert.ok(make, name);
  return Array.from({ length: times }, (_, i) => {
    const kernelCase = make(Random.keyed(seed, name, i));
    return { kernelCase, label: `${name} #${i} of seed ${seed}: ${kernelCase.name}` };
  });
}

/** Names the kernels that are called while `work` runs. */
async function kernelsUsed(work: () => Promise<void>): Promise<Set<string>> {
  registerLowerings();
  const used = new Set<string>();
  const configs = tf.getKernelsForBackend(TRACE_BACKEND);
  const originals = configs.map(({ kernelFunc }) => kernelFunc);
  configs.forEach((config, i) => {
    config.kernelFunc = (parameters) => {
      used.add(config.kernelName);
      return originals[i]?.(parameters) ?? [];
    };
  });
  try {
    await work();
  } finally {
    configs.forEach((config, i) => {
      config.kernelFunc = originals[i] ?? config.kernelFunc;
    });
  }
  return used;
}

const names = Object.entries(kernelCases).flatMap(([area, kinds]) =>
  Object.keys(kinds).map((kind) => `${area}/${kind}`),
);

for (const layout of layouts) {
  describe(`kernels on random inputs (${layout})`, () => {
    for (const name of names) {
      it(name, async () => {
        await checkCases(await deviceWith(layout), drawn(name, repeats));
      });
    }
  });
}

/** WGSL asks for an absolute error of no more than 2^-11 here (section 15.7.4 of its specification). */
const coarse = new Set(['sin', 'cos', 'tan']);

// Sessions are slow to build on a software GPU: few, each of many cases.
describe('kernels on random inputs (webgpu)', function () {
  before(skipWithoutWebGpu);
  this.timeout(120_000);

  for (const [area, kinds] of Object.entries(kernelCases)) {
    it(`every kernel of ${area}`, async () => {
      const cases = Object.keys(kinds).flatMap((kind) =>
        drawn(`${area}/${kind}`, 1).map((numbered) =>
          coarse.has(kind) ? { ...numbered, tolerance: 1e-3 } : numbered,
        ),
      );
      await checkCases(await deviceWith('webgpu'), cases);
    });
  }
});

describe('the cases of the kernels', () => {
  it('cover every kernel that has a lowering', async () => {
    const device = await deviceWith('portable');
    const used = await kernelsUsed(() =>
      checkCases(
        device,
        names.flatMap((name) => drawn(name, 1)),
      ),
    );
    const missing = loweredKernels().filter((kernel) => !used.has(kernel));
    // Random numbers can't be compared: noise.test.ts.
    assert.deepEqual(missing, ['M2atNoise']);
  });
});
