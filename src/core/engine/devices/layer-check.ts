import * as tf from '@tensorflow/tfjs';
import { kernelsOf, type InputSignature } from '../compile/trace-program';
import { float32, sizeOf, type NdArray } from '../arrays/nd-array';
import { batchNormTrain } from '../ops/batch-norm';
import type { Program } from '../tracing/program';
import type { KernelCall } from '../tracing/trace';
import type { Device } from './device';

/** A layer by its shapes: what it computes of float32 inputs alone. */
export interface Layer {
  readonly kernel: string;
  /** Shapes by the kernel's own names. */
  readonly inputs: Readonly<Record<string, readonly number[]>>;
  readonly attributes: object;
}

/** Kernels whose values are sums over others, or choices among them: which of a provider's shaders is taken follows from the shapes. */
const layerKernels = new Set([
  ...['Conv2D', 'Conv2DBackpropInput', 'DepthwiseConv2dNative', 'BatchMatMul', 'MaxPool', 'AvgPool'],
  ...['Sum', 'Mean', 'Max', 'Softmax', 'LogSoftmax', 'LRN', 'ResizeBilinear'],
]);
/** What else is fused into these is checked nowhere else by shapes. */
const plainForms: Readonly<Record<string, { kernel: string; inputs: readonly string[] }>> = {
  FusedConv2D: { kernel: 'Conv2D', inputs: ['x', 'filter'] },
  FusedDepthwiseConv2D: { kernel: 'DepthwiseConv2dNative', inputs: ['x', 'filter'] },
  _FusedMatMul: { kernel: 'BatchMatMul', inputs: ['a', 'b'] },
};
const NORM = 'BatchNorm';
const norms = new Set(['FusedBatchNorm', 'M2atBatchNorm', 'M2atBatchNormStatistics']);

/** The different layers that a network consists of. @throws as `traceProgram` */
export function layersOf(network: Program, inputs: readonly InputSignature[]): Layer[] {
  const layers = kernelsOf('network', network, inputs).flatMap((call) => layerOf(call) ?? []);
  return [...new Map(layers.map((layer) => [JSON.stringify(layer), layer])).values()];
}

function layerOf({ kernel, inputs, attributes }: KernelCall): Layer | undefined {
  if (norms.has(kernel)) {
    const { x } = inputs;
    return x && { kernel: NORM, inputs: { x: [...x.shape] }, attributes: {} };
  }
  const plain = plainForms[kernel];
  const name = plain?.kernel ?? kernel;
  const used = Object.entries(inputs).filter(([key]) => plain?.inputs.includes(key) ?? true);
  if (!layerKernels.has(name) || used.some(([, { dtype }]) => dtype !== 'float32')) return undefined;
  const shapes = Object.fromEntries(used.map(([key, { shape }]) => [key, [...shape]]));
  return { kernel: name, inputs: shapes, attributes };
}

/** The output of a layer. */
function outputOf({ kernel, inputs, attributes }: Layer, tensors: readonly tf.Tensor[]): tf.Tensor {
  const [x] = tensors;
  if (kernel === NORM) {
    const [, gamma, beta] = tensors;
    if (!x || !gamma || !beta) throw new RangeError('A normalization has three inputs.');
    return batchNormTrain(x, gamma, beta, { epsilon: 1e-3, relu: false }).y;
  }
  const named = Object.fromEntries(Object.keys(inputs).map((name, i) => [name, tensors[i]]));
  const result = tf.engine().runKernel<tf.Tensor | tf.Tensor[]>(
    kernel,
    // Each is there: there are as many tensors as inputs. And a kernel's attributes are what it was called with.
    named as tf.NamedTensorMap,
    attributes as tf.NamedAttrMap,
  );
  const [first] = Array.isArray(result) ? result : [result];
  if (!first) throw new TypeError(`${kernel} has no output.`);
  return first;
}

/** Shapes of what a layer is computed of. */
function inputShapes({ kernel, inputs }: Layer): (readonly number[])[] {
  const shapes = Object.values(inputs);
  const channels = shapes[0]?.at(-1) ?? 1;
  return kernel === NORM ? [...shapes, [channels], [channels]] : shapes;
}

/** What is compared of a layer: its output, and the gradient of its squares in each input. */
function layerProgram(layer: Layer): Program {
  return (...tensors) => {
    const y = outputOf(layer, tensors);
    const gradients = tf.grads((...args: tf.Tensor[]) => outputOf(layer, args).square().sum())(tensors);
    return [y, ...gradients];
  };
}

/** Room for TF32, which CUDA multiplies in by default: 10 bits of mantissa. */
export const tolerance = 1e-2;

/**
 * Computes layers forward and backward on both devices. Throws whatever the device throws, and an Error that names the layer
 * when it disagrees with `reference`.
 */
export async function checkLayers(
  device: Device,
  reference: Device,
  layers: readonly Layer[],
): Promise<void> {
  for (const layer of layers) {
    // Shifted, so that no sum is small beside what it is the sum of.
    const inputs = inputShapes(layer).map((shape, seed) => waves(shape, seed, 0.1));
    // What the CPU can't do either is for whoever uses it to find.
    const expected = await runOnce(reference, layer, inputs).catch(() => []);
    if (expected.length === 0) continue;
    const actual = await runOnce(device, layer, inputs);
    const names = ['its output', ...Object.keys(layer.inputs).map((name) => `its gradient in ${name}`)];
    expected.forEach((array, i) => {
      const off = difference(array, actual[i]);
      if (off < tolerance) return;
      const what = names[i] ?? 'a gradient of it';
      throw new Error(`${layerText(layer)}: ${what} differs from the CPU's by ${off.toExponential(1)}`);
    });
  }
}

/** Such as `Conv2D (x 2x8x8x16, filter 3x3x16x32, strides 2,2, pad same)`. */
function layerText({ kernel, inputs, attributes }: Layer): string {
  const shapes = Object.entries(inputs).map(([name, shape]) => `${name} ${shape.join('x')}`);
  const told = Object.entries(attributes).flatMap(([key, value]: [string, unknown]) =>
    value === undefined || value === null ? [] : [`${key} ${JSON.stringify(value)}`],
  );
  return `${kernel} (${[...shapes, ...told].join(', ')})`;
}

async function runOnce(device: Device, layer: Layer, inputs: readonly NdArray[]): Promise<NdArray[]> {
  const program = device.compile(`check-${layer.kernel}`, layerProgram(layer));
  try {
    return await program.run(...inputs);
  } finally {
    await program.dispose();
  }
}

/** Numbers in [-1, 1], all shifted by the same, that differ from their neighbours. */
export function waves(shape: readonly number[], seed: number, shift = 0): NdArray<'float32'> {
  return float32(
    Float32Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(i * 1.7 + seed) + shift),
    shape,
  );
}

/** Largest absolute difference over largest absolute value. */
export function difference(a: NdArray, b: NdArray | undefined): number {
  if (b?.data.length !== a.data.length) return Infinity;
  let largest = 1e-30;
  let worst = 0;
  a.data.forEach((value, i) => {
    largest = Math.max(largest, Math.abs(value));
    const off = Math.abs(value - (b.data[i] ?? NaN));
    worst = Number.isNaN(off) ? Infinity : Math.max(worst, off);
  });
  return worst / largest;
}
