import * as tf from '@tensorflow/tfjs';
import type { Device } from '../../../../src/core/engine/devices/device';
import type { Program } from '../../../../src/core/engine/tracing/program';
import type { NdArray } from '../../../../src/core/engine/arrays/nd-array';
import { float32, scalar, sizeOf } from '../../../../src/core/engine/arrays/nd-array';
import { Random } from '../../../../src/core/random';
import { eager, runOn } from '../engine-fixture';
import { logitsOf, lossOf, type Building } from './build-network';
import { Kinks } from './kinks';
import type { NetworkSpec } from './network-spec';

/** Closer than this to a kink (relative), two float32 implementations may take different sides. */
const MARGIN = 3e-5;
/** The largest difference allowed, relative to the largest number of an array. */
const TOLERANCE = 1e-4;
/** Arrays of much smaller numbers than the largest gradient are compared with this share of it. */
const FLOOR = 1e-2;
/** And none with less than this: gradients that cancel keep the rounding of their terms, some units of float32 at 1. */
const LEAST = 1e-2;

interface Parameter {
  readonly value: NdArray<'float32'>;
  /** Statistics of batch norms are read, but have no gradient. */
  readonly trained: boolean;
}

interface Instance {
  readonly x: NdArray<'float32'>;
  readonly labels: NdArray<'float32'>;
  readonly parameters: readonly Parameter[];
}

function normal(random: Random, shape: readonly number[], scale: number, mean = 0): NdArray<'float32'> {
  return float32(
    Float32Array.from({ length: sizeOf(shape) }, () => mean + scale * random.normal()),
    shape,
  );
}

/** Draws images, labels and weights, and says how near the network is to a kink there. */
function draw(spec: NetworkSpec, random: Random): { instance: Instance; nearest: number } {
  const [n] = spec.image;
  const kinks = new Kinks();
  const parameters: Parameter[] = [];
  const x = normal(random, spec.image, 1);
  const hot = new Float32Array(n * spec.classes);
  for (let i = 0; i < n; i++) hot[i * spec.classes + random.int(spec.classes)] = 1;
  const labels = float32(hot, [n, spec.classes]);
  tf.tidy(() => {
    const building: Building = {
      kinks,
      record: () => undefined,
      weights: (shape, role) => {
        const fanIn = shape.length > 1 ? sizeOf(shape.slice(0, -1)) : 1;
        const value =
          role === 'kernel'
            ? normal(random, shape, Math.sqrt(2 / fanIn))
            : role === 'variance'
              ? normal(random, shape, 0)
              : normal(random, shape, 0.3, role === 'scale' ? 1 : 0);
        if (role === 'variance') value.data.forEach((_, i) => (value.data[i] = 0.3 + random.uniform()));
        parameters.push({ value, trained: role !== 'mean' && role !== 'variance' });
        return tf.tensor(value.data, [...shape]);
      },
    };
    const logits = logitsOf(spec, tf.tensor(x.data, [...x.shape]), building);
    lossOf(spec, tf.tensor(hot, [n, spec.classes]), logits, kinks);
  });
  return { instance: { x, labels, parameters }, nearest: kinks.nearest };
}

/** A weight, its momentum when it is trained, and its value before the step. */
interface Weight {
  readonly variable: tf.Variable;
  readonly momentum: tf.Variable | undefined;
  readonly before: NdArray<'float32'>;
}

/** One training step: loss, input gradient and statistics as results; weights and momenta as variables. */
function stepOf(spec: NetworkSpec, weights: readonly Weight[]): Program {
  const { momentum, nesterov, decay } = spec.optimizer;
  return (x, labels, rate) => {
    const statistics: tf.Tensor[] = [];
    const trained = weights.filter((weight) => weight.momentum);
    const loss = (input: tf.Tensor, ...values: tf.Tensor[]): tf.Tensor => {
      let next = 0;
      const building: Building = {
        kinks: undefined,
        // Out of the scope of the gradient.
        record: (mean, variance) => statistics.push(tf.keep(mean), tf.keep(variance)),
        weights: () => {
          const weight = weights[next++];
          const value = weight?.momentum ? values[trained.indexOf(weight)] : weight?.variable;
          if (!value) throw new RangeError('A weight is missing.');
          return value;
        },
      };
      return lossOf(spec, labels, logitsOf(spec, input, building), undefined);
    };
    // A term in every weight: those that a layer does not use have a gradient too.
    const regularized = (input: tf.Tensor, ...values: tf.Tensor[]): tf.Tensor =>
      values.reduce(
        (sum, value) =>
          sum.add(
            value
              .square()
              .sum()
              .mul(decay / 2),
          ),
        loss(input, ...values),
      );
    const { value, grads } = tf.valueAndGrads(regularized)([x, ...trained.map(({ variable }) => variable)]);
    const [dx, ...gradients] = grads;
    if (!dx) throw new RangeError('There is no input gradient.');
    trained.forEach(({ variable, momentum: velocity }, i) => {
      const gradient = gradients[i];
      if (!gradient || !velocity) throw new RangeError('A gradient is missing.');
      const moved = velocity.mul(momentum).add(gradient);
      velocity.assign(moved);
      variable.assign(variable.sub((nesterov ? gradient.add(moved.mul(momentum)) : moved).mul(rate)));
    });
    const recorded = statistics.map((statistic) => statistic.mul(1));
    tf.dispose(statistics);
    return [value, dx, ...recorded];
  };
}

interface Outcome {
  readonly name: string;
  readonly array: NdArray;
}

async function trainOnce(
  device: Device,
  spec: NetworkSpec,
  { x, labels, parameters }: Instance,
): Promise<Outcome[]> {
  const variable = ({ shape, data }: NdArray): tf.Variable =>
    tf.tidy(() => tf.variable(tf.tensor(data, [...shape])));
  const weights: Weight[] = parameters.map(({ value, trained }, i) => ({
    variable: variable(value),
    momentum: trained ? variable(normal(Random.keyed(i, 'momentum'), value.shape, 0.01)) : undefined,
    before: value,
  }));
  try {
    const results = await runOn(device, 'fuzz', stepOf(spec, weights), [x, labels, scalar(0.1)]);
    await device.synchronize();
    const read = (item: tf.Variable): NdArray<'float32'> =>
      float32(Float32Array.from(item.dataSync()), item.shape);
    const [loss, dx, ...statistics] = results;
    if (!loss || !dx) throw new RangeError('A step returns loss and gradient.');
    const outcomes: Outcome[] = [
      { name: 'loss', array: loss },
      { name: 'input gradient', array: dx },
      ...statistics.map((array, i) => ({ name: `statistic ${i}`, array })),
    ];
    weights.forEach(({ variable: after, momentum, before }, i) => {
      if (!momentum) return;
      const label = `${i} [${before.shape.join()}]`;
      // What the step changed: next to the weight itself an error would be small.
      const update = read(after).data.map((value, j) => value - (before.data[j] ?? NaN));
      outcomes.push({ name: `momentum ${label}`, array: read(momentum) });
      outcomes.push({ name: `update ${label}`, array: { ...before, data: Float32Array.from(update) } });
    });
    return outcomes;
  } finally {
    for (const { variable: after, momentum } of weights) tf.dispose(momentum ? [after, momentum] : [after]);
  }
}

function largest({ data }: NdArray): number {
  let most = 0;
  for (const value of data) most = Math.max(most, Math.abs(value));
  return most;
}

/** The first difference between two steps, in words. */
function difference(actual: readonly Outcome[], expected: readonly Outcome[]): string | undefined {
  if (actual.length !== expected.length) return `${actual.length} results instead of ${expected.length}`;
  // One scale for each kind of result: a gradient that should be 0 is as exact as its neighbours.
  const scales = new Map<string, number>();
  const kindOf = (name: string): string => name.split(' ')[0] ?? '';
  for (const { name, array } of expected)
    scales.set(kindOf(name), Math.max(scales.get(kindOf(name)) ?? 0, largest(array)));
  for (const [i, { name, array }] of expected.entries()) {
    const result = actual[i]?.array;
    if (result?.shape.join() !== array.shape.join())
      return `${name}: shape [${result?.shape.join()}] instead of [${array.shape.join()}]`;
    const scale = Math.max(largest(array), FLOOR * (scales.get(kindOf(name)) ?? 0), LEAST);
    // Updates are differences of numbers of about 1.
    const rounding = name.startsWith('update') ? 2e-7 : 0;
    for (const [j, value] of array.data.entries()) {
      const error = Math.abs((result.data[j] ?? NaN) - value) - rounding;
      if (!(error <= TOLERANCE * scale)) {
        return `${name}: element ${j} is ${result.data[j]} and should be ${value} (${(error / scale).toExponential(1)} of ${scale.toPrecision(3)})`;
      }
    }
  }
  return undefined;
}

/**
 * Trains the network for one step on TF.js's `cpu` backend and on `device`, from weights and images that are not near
 * a kink. Returns what differs, `undefined` if nothing does, or `near a kink` when no such weights were found.
 */
export async function checkNetwork(
  device: Device,
  spec: NetworkSpec,
  seed: number,
): Promise<string | undefined> {
  for (let attempt = 0; attempt < 5; attempt++) {
    const { instance, nearest } = draw(spec, Random.keyed(seed, 'weights', attempt));
    if (nearest < MARGIN) continue;
    const expected = await trainOnce(eager, spec, instance);
    return difference(await trainOnce(device, spec, instance), expected);
  }
  return nearKink;
}

export const nearKink = 'near a kink';

/** Whether what `checkNetwork` says is a difference of numbers, and not that the network can't be built. */
export function isDifference(problem: string): boolean {
  return /: element \d+ is /.test(problem);
}
