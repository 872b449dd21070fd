import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import type { Device } from '../../../src/core/engine/devices/device';
import type { Program } from '../../../src/core/engine/tracing/program';
import { EagerDevice } from '../../../src/core/engine/devices/eager-device';
import type { NdArray } from '../../../src/core/engine/arrays/nd-array';
import { float32, sizeOf } from '../../../src/core/engine/arrays/nd-array';
import { OnnxCpuDevice } from '../../../src/core/engine/devices/onnx-cpu-device';
import { gpuDevice, gpuProviders } from '../../../src/core/engine/devices/onnx-gpu-device';
import { prepareSoftwareGpu, softwareGpu } from '../../support/browser/software-gpu';

/** The oracle: TF.js's own kernels. */
export const eager = new EagerDevice('tfjs-cpu', 'cpu', 'reference');

export const layouts = ['blocked', 'portable'] as const;
export type TestedLayout = (typeof layouts)[number];

/** A layout of the CPU provider, or the WebGPU provider on a software GPU. */
export type TestedDevice = TestedLayout | 'webgpu';

const open = new Map<TestedDevice, Promise<Device>>();

/** One device a layout for all tests. `webgpu` needs `skipWithoutWebGpu` before. */
export function deviceWith(layout: TestedDevice): Promise<Device> {
  let device = open.get(layout);
  if (!device) {
    device = layout === 'webgpu' ? openWebGpu() : OnnxCpuDevice.open({ threads: 1, layout });
    open.set(layout, device);
  }
  return device;
}

async function openWebGpu(): Promise<Device> {
  const reason = await prepareSoftwareGpu();
  const provider = gpuProviders.find(({ name }) => name === 'onnx-webgpu');
  if (reason !== undefined || !provider) throw new Error(`There is no software GPU: ${reason}`);
  return gpuDevice(provider, { adapter: softwareGpu });
}

/** For `before`: skips the suite, with the reason on the console, where this machine has no software GPU. */
export async function skipWithoutWebGpu(this: Mocha.Context): Promise<void> {
  this.timeout(300_000);
  const reason = await prepareSoftwareGpu();
  if (reason === undefined) return;
  console.log(`      skipped: ${reason}`);
  this.skip();
}

/** Seeded numbers in (-1, 1), all different, so that maxima have no ties. */
export function noise(shape: readonly number[], seed = 1): NdArray<'float32'> {
  let state = seed * 2_654_435_761;
  const data = Float32Array.from({ length: sizeOf(shape) }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state / 4_294_967_296) * 2 - 1;
  });
  return float32(data, shape);
}

/** Largest absolute difference over largest absolute value; infinite when shapes or types differ. */
export function relativeError(actual: NdArray, expected: NdArray): number {
  if (actual.dtype !== expected.dtype || actual.shape.join() !== expected.shape.join()) return Infinity;
  let worst = 0;
  let largest = 0;
  expected.data.forEach((value, i) => {
    const other = actual.data[i] ?? NaN;
    largest = Math.max(largest, Math.abs(value));
    if (!Object.is(value, other) && value !== other) {
      worst = Math.max(worst, Number.isNaN(value - other) ? Infinity : Math.abs(value - other));
    }
  });
  return worst === 0 ? 0 : worst / Math.max(largest, 1e-30);
}

export function assertClose(actual: readonly NdArray[], expected: readonly NdArray[], what: string): void {
  assert.equal(actual.length, expected.length, what);
  expected.forEach((array, i) => {
    const result = actual[i];
    assert.ok(result, what);
    const error = relativeError(result, array);
    assert.ok(
      error <= 1e-4,
      `${what}, output ${i}: relative error ${error} (${result.dtype}[${result.shape.join()}] ` +
        `${Array.from(result.data.slice(0, 8)).join(' ')} and ${array.dtype}[${array.shape.join()}] ` +
        `${Array.from(array.data.slice(0, 8)).join(' ')})`,
    );
  });
}

export async function runOn(
  device: Device,
  name: string,
  program: Program,
  inputs: NdArray[],
): Promise<NdArray[]> {
  const compiled = device.compile(name, program);
  try {
    return await compiled.run(...inputs);
  } finally {
    await compiled.dispose();
  }
}

/** Checks that a program computes the same on the compiled device as on TF.js's `cpu` backend. */
export async function assertSame(
  layout: TestedDevice,
  name: string,
  program: Program,
  inputs: NdArray[],
): Promise<void> {
  const expected = await runOn(eager, name, program, inputs);
  assertClose(await runOn(await deviceWith(layout), name, program, inputs), expected, `${name} (${layout})`);
}

/**
 * The values of `f` and its gradients in every input, with an uneven incoming gradient, as one program.
 * `f` returns one float32 tensor.
 */
export function withGradients(f: (...inputs: tf.Tensor[]) => tf.Tensor): Program {
  return (...inputs) => {
    const y = f(...inputs);
    const weights = tf.tensor(
      Float32Array.from({ length: y.size }, (_, i) => Math.cos(i * 0.7) + 0.3),
      y.shape,
    );
    const gradients = tf.grads((...args: tf.Tensor[]) =>
      f(...args)
        .mul(weights)
        .sum(),
    )(inputs);
    return [y, ...gradients];
  };
}
