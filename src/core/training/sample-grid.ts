import { gatherRows, joinRows } from '../attacks/base/batch-rows';
import type { Prediction } from '../attacks/base/predictions';
import type { NdArray } from '../engine/arrays/nd-array';
import type { Preview } from '../methods/method';
import { encodePicture } from '../runs/picture';
import type { SampleGrid } from '../records/run-files';
import type { Samples } from '../runs/sample-files';

export interface SampleGridOptions {
  /** Of at least as many images as there are `indices`. */
  readonly preview: Preview;
  readonly position: { readonly step: number; readonly epoch: number };
  /** The images that are shown, by their index in the training set. */
  readonly indices: ArrayLike<number>;
  readonly labels: Int32Array;
  readonly classNames: readonly string[];
  readonly predict: (images: NdArray<'float32'>, labels: Int32Array) => Promise<Prediction[]>;
}

/** The sample grid of a method's preview, and its picture. */
export async function makeSampleGrid(options: SampleGridOptions): Promise<Samples> {
  const { preview, position, indices, labels, classNames } = options;
  const { columns, facts = [], epsilon } = preview;
  const rows = indices.length;
  const [, height = 0, width = 0] = columns[0]?.data.shape ?? [];
  const predictions = await predictColumns(options);
  const labelsOf = new Map(columns.map((column) => [column.key, column.labels]));
  const grid: SampleGrid = {
    ...position,
    imageSize: { height, width },
    columns: columns.map(({ key, title, symbol, name = '', about, kind }) => ({
      key,
      title,
      ...(symbol !== undefined && { symbol }),
      name,
      ...(about !== undefined && { about }),
      kind,
    })),
    rows: Array.from({ length: rows }, (_, n) => ({
      index: indices[n] ?? 0,
      label: labels[n] ?? 0,
      ...(facts.length > 0 && {
        facts: facts.map(({ values, ...fact }) => ({ ...fact, value: finite(values[n]) })),
      }),
      predictions: Object.fromEntries(
        [...predictions].flatMap(([key, column]) => {
          const prediction = column[n];
          if (!prediction) return [];
          const { label, confidence } = prediction;
          const shows = labelsOf.get(key)?.[n];
          return [[key, { label, confidence, ...(shows !== undefined && { shows }) }]];
        }),
      ),
    })),
    classNames: [...classNames],
  };
  return { grid, png: encodePicture(columns, rows, epsilon) };
}

function finite(value = NaN): number | null {
  return Number.isFinite(value) ? value : null;
}

/** One stack of all columns, because calls are padded to the evaluation's batch. */
async function predictColumns(options: SampleGridOptions): Promise<Map<string, Prediction[]>> {
  const rows = options.indices.length;
  const shown = options.preview.columns.filter(({ predict }) => predict);
  const labels = options.labels.subarray(0, rows);
  const allLabels = Int32Array.from(shown.flatMap(() => [...labels]));
  const first = Array.from({ length: rows }, (_, n) => n);
  const images = joinRows(shown.map(({ data }) => gatherRows(data, first)));
  const predictions = await options.predict(images, allLabels);
  return new Map(
    shown.map(({ key }, column) => [key, predictions.slice(column * rows, (column + 1) * rows)]),
  );
}
