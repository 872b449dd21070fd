import { float32, sizeOf, type NdArray } from '../../../src/core/engine/arrays/nd-array';
import type { ScoreModel } from '../../../src/core/attacks/base/score-model';
import type { LabelledImages } from '../../../src/core/attacks/base/attack';
import { Random } from '../../../src/core/random';

/** logits = weights · image + biases, computed in double precision. It counts the images it is asked about. */
export interface LinearModel extends ScoreModel {
  readonly weights: readonly Float64Array[];
  readonly queries: number;
}

export function linearModel(classes: number, shape: readonly number[], seed = 1): LinearModel {
  const size = sizeOf(shape);
  const random = Random.keyed(seed, 'linear-model');
  const weights = Array.from({ length: classes }, () =>
    Float64Array.from({ length: size }, () => random.normal()),
  );
  // Centred: an image of mid grey is on every boundary.
  const biases = weights.map((row) => -0.5 * row.reduce((sum, weight) => sum + weight, 0));
  let queries = 0;
  return {
    classes,
    weights,
    get queries() {
      return queries;
    },
    logits({ data, shape: [count = 0] }) {
      queries += count;
      const logits = new Float32Array(count * classes);
      for (let n = 0; n < count; n++) {
        for (const [k, row] of weights.entries()) {
          let sum = biases[k] ?? 0;
          for (let i = 0; i < size; i++) sum += (row[i] ?? 0) * (data[n * size + i] ?? 0);
          logits[n * classes + k] = sum;
        }
      }
      return Promise.resolve(float32(logits, [count, classes]));
    },
  };
}

/** Random images around mid grey with values in 0.5 ± spread, labelled by the model. */
export async function labelledBy(
  model: ScoreModel,
  count: number,
  shape: readonly number[],
  spread = 0.5,
  seed = 1,
): Promise<LabelledImages> {
  const random = Random.keyed(seed, 'labelled-by');
  const data = new Float32Array(count * sizeOf(shape));
  random.fillUniform(data, 0.5 - spread, 0.5 + spread);
  const images = float32(data, [count, ...shape]);
  return { images, labels: await answers(model, images) };
}

/** The classes that a model gives images. */
export async function answers(model: ScoreModel, images: NdArray<'float32'>): Promise<Int32Array> {
  const { data } = await model.logits(images);
  const { classes } = model;
  return Int32Array.from({ length: data.length / classes }, (_, n) => {
    const row = data.subarray(n * classes, (n + 1) * classes);
    return row.indexOf(Math.max(...row));
  });
}

/** Distances to the nearest decision boundary, in the L2 and the L-inf norm, of images far from 0 and 1. */
export async function boundaryDistances(
  model: LinearModel,
  { images, labels }: LabelledImages,
): Promise<{ l2: number; linf: number }[]> {
  const { data } = await model.logits(images);
  return Array.from(labels, (label, n) => {
    const own = model.weights[label] ?? new Float64Array();
    const others = model.weights.flatMap((row, k) => {
      if (k === label) return [];
      const gap = (data[n * model.classes + label] ?? 0) - (data[n * model.classes + k] ?? 0);
      const normal = own.map((weight, i) => weight - (row[i] ?? 0));
      return [
        {
          l2: gap / Math.hypot(...normal),
          linf: gap / normal.reduce((sum, weight) => sum + Math.abs(weight), 0),
        },
      ];
    });
    return {
      l2: Math.min(...others.map(({ l2 }) => l2)),
      linf: Math.min(...others.map(({ linf }) => linf)),
    };
  });
}
