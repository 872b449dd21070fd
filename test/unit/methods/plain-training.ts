import type * as tf from '@tensorflow/tfjs';

/**
 * The training of a tiny pre-activation network on images of one pixel, in plain numbers of double precision and with
 * gradients from differences: an independent second opinion on what a step computes.
 */
export type Weights = ReadonlyMap<string, readonly number[]>;
type Rows = readonly (readonly number[])[];

/** One image a row. */
export interface PlainBatch {
  readonly images: Rows;
  readonly noise: Rows;
  readonly targets: Rows;
}

export interface PlainOptions {
  readonly rate: number;
  readonly momentum: number;
  readonly weightDecay: number;
  /** Of the difference between the answers. */
  readonly weight: number;
  /** Size of the move along the gradient before each update, taken back after it. */
  readonly perturbation?: number;
}

const CHANNELS = 2;
const blocks = ['stage1_block1_bn1', 'stage1_block1_bn2', 'final_bn'];

export function plainWeights(model: tf.LayersModel): Map<string, number[]> {
  return new Map(model.weights.map((weight) => [weight.originalName, [...weight.read().dataSync()]]));
}

/** The weights after steps on the batches, one after the other. */
export function plainTraining(initial: Weights, batches: readonly PlainBatch[], o: PlainOptions): Weights {
  const weights = new Map([...initial].map(([name, values]) => [name, [...values]]));
  const trained = [...weights.keys()].filter((name) => /kernel|bias|gamma|beta/.test(name));
  const velocities = new Map(trained.map((name) => [name, at(weights, name).map(() => 0)]));
  for (const batch of batches) {
    const moves = scaled(gradientsOf(weights, batch, trained, o), o.perturbation ?? 0);
    move(weights, moves, 1);
    const { clean, added } = plainPasses(weights, batch);
    for (const [name, gradient] of gradientsOf(weights, batch, trained, o)) {
      const [values, velocity] = [at(weights, name), at(velocities, name)];
      for (const [i, slope] of gradient.entries()) {
        const decay = name.endsWith('kernel') ? o.weightDecay * (values[i] ?? NaN) : 0;
        velocity[i] = o.momentum * (velocity[i] ?? NaN) + slope + decay;
      }
    }
    for (const [name, velocity] of velocities) move(weights, new Map([[name, velocity]]), -o.rate);
    move(weights, moves, -1);
    for (const { statistics } of [clean, added]) {
      for (const [name, value] of statistics) {
        const moving = at(weights, name);
        value.forEach((one, i) => (moving[i] = 0.9 * (moving[i] ?? NaN) + 0.1 * one));
      }
    }
  }
  return weights;
}

function plainPasses(weights: Weights, { images, noise }: PlainBatch) {
  const shifted = (sign: number): Rows =>
    images.map((row, n) => row.map((value, c) => value + sign * (noise[n]?.[c] ?? NaN)));
  return {
    clean: forward(weights, images),
    added: forward(weights, shifted(1)),
    taken: forward(weights, shifted(-1)),
  };
}

export function plainLoss(weights: Weights, batch: PlainBatch, weight: number): number {
  const { clean, added, taken } = plainPasses(weights, batch);
  const entropy = clean.logits.map((row, n) => {
    const sum = Math.log(row.reduce((total, logit) => total + Math.exp(logit), 0));
    return row.reduce((total, logit, k) => total + (batch.targets[n]?.[k] ?? NaN) * (sum - logit), 0);
  });
  const squares = clean.logits.flatMap((row, n) =>
    row.map((logit, k) =>
      [added, taken].reduce((sum, { logits }) => sum + ((logits[n]?.[k] ?? NaN) - logit) ** 2, 0),
    ),
  );
  return mean(entropy) + weight * mean(squares);
}

/** Stem, one block, BatchNorm in train mode, dense. A 3x3 kernel sees one pixel with its centre alone. */
function forward(weights: Weights, images: Rows) {
  const statistics = new Map<string, number[]>();
  const centre = (name: string, rows: Rows): Rows => {
    const kernel = at(weights, `${name}/kernel`);
    const inputs = rows[0]?.length ?? 0;
    return product(rows, kernel.slice(4 * inputs * CHANNELS, 5 * inputs * CHANNELS), CHANNELS);
  };
  const activated = (name: string, rows: Rows): Rows => {
    const channels = Array.from({ length: CHANNELS }, (_, c) => rows.map((row) => row[c] ?? NaN));
    const means = channels.map(mean);
    const variances = channels.map((values, c) =>
      mean(values.map((value) => (value - (means[c] ?? NaN)) ** 2)),
    );
    statistics.set(`${name}/moving_mean`, means).set(`${name}/moving_variance`, variances);
    const [gamma, beta] = [at(weights, `${name}/gamma`), at(weights, `${name}/beta`)];
    return rows.map((row) =>
      row.map((value, c) => {
        const normal = (value - (means[c] ?? NaN)) / Math.sqrt((variances[c] ?? NaN) + 1e-5);
        return Math.max(0, (gamma[c] ?? NaN) * normal + (beta[c] ?? NaN));
      }),
    );
  };
  const [first = '', second = '', last = ''] = blocks;
  const input = images.map((row) => row.map((value) => (value - 0.5) / 0.25));
  const stem = centre('stem', input);
  const inner = centre('stage1_block1_conv1', activated(first, stem));
  const outer = centre('stage1_block1_conv2', activated(second, inner));
  const sum = stem.map((row, n) => row.map((value, c) => value + (outer[n]?.[c] ?? NaN)));
  const bias = at(weights, 'logits/bias');
  const logits = product(activated(last, sum), at(weights, 'logits/kernel'), bias.length);
  return { statistics, logits: logits.map((row) => row.map((value, k) => value + (bias[k] ?? NaN))) };
}

function gradientsOf(
  weights: Map<string, number[]>,
  batch: PlainBatch,
  names: readonly string[],
  o: PlainOptions,
) {
  const h = 1e-5;
  return new Map(
    names.map((name) => {
      const values = at(weights, name);
      const slopes = values.map((value, i) => {
        const [up, down] = [value + h, value - h].map((moved) => {
          values[i] = moved;
          return plainLoss(weights, batch, o.weight);
        });
        values[i] = value;
        return ((up ?? NaN) - (down ?? NaN)) / (2 * h);
      });
      return [name, slopes];
    }),
  );
}

/** [N, inputs] times [inputs, outputs], row by row. */
function product(rows: Rows, kernel: readonly number[], outputs: number): Rows {
  return rows.map((row) =>
    Array.from({ length: outputs }, (_, o) =>
      row.reduce((sum, value, i) => sum + value * (kernel[i * outputs + o] ?? NaN), 0),
    ),
  );
}

function move(weights: Map<string, number[]>, moves: Weights, factor: number): void {
  for (const [name, change] of moves) {
    const values = at(weights, name);
    change.forEach((value, i) => (values[i] = (values[i] ?? NaN) + factor * value));
  }
}

function scaled(all: Weights, factor: number): Weights {
  return new Map([...all].map(([name, values]) => [name, values.map((value) => factor * value)]));
}

function at<Values>(weights: ReadonlyMap<string, Values>, name: string): Values {
  const found = weights.get(name);
  if (found === undefined) throw new RangeError(`There is no weight ${name}.`);
  return found;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
