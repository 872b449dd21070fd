import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { loadLayersModel } from '../../../src/core/models/layers-model/layers-model-file';
import { checkpointMetadata } from '../../../src/core/runs/checkpoint-store';
import type { AttackReport, MetricRow, RunRecord } from '../../../src/core/records/run-files';
import { runDirectory, runFile } from '../../../src/core/records/run-paths';
import { readRun } from '../../../src/core/runs/run-store';
import { gatherImages } from '../../../src/core/data/batch';
import { datasets } from '../../../src/core/data/sets';
import { savedExamplesOf } from '../../../src/core/attacking/saved-examples';
import type { RunKind } from './tiny-runs';
import { attacks } from '../../../src/core/attacks';

/** What a run says, without what differs between two runs of the same: times, names, places. */
export type Facts = Readonly<Record<string, unknown>>;

const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex').slice(0, 16);

export function accuraciesOf(record: RunRecord): Facts {
  const { cleanAccuracy, robustAccuracy, cleanAccuracyInterval, robustAccuracyInterval } = record;
  return { cleanAccuracy, robustAccuracy, cleanAccuracyInterval, robustAccuracyInterval };
}

/** Rows of evaluations, and the losses of those steps that have a row: which ones do depends on the time. */
export function rowsOf(rows: readonly MetricRow[]): { evaluations: unknown[]; losses: Map<number, unknown> } {
  const evaluations = rows.flatMap((row) => {
    if (row.kind === 'step') return [];
    const attacks = row.attacks.map((attack) => ({ ...attack, seconds: 0 }));
    return [{ ...row, elapsedSeconds: 0, attacks, checksum: undefined, sum: undefined }];
  });
  const steps = rows.flatMap((row): [number, unknown][] =>
    row.kind === 'step' ? [[row.step, [row.loss, row.batchAccuracy, row.learningRate]]] : [],
  );
  return { evaluations, losses: new Map(steps) };
}

export function reportFacts(report: AttackReport | undefined): unknown {
  if (!report) return undefined;
  const { attacks, analysis, count, selected, cleanAccuracy, robustAccuracy, groups, classNames } = report;
  const timeless = attacks.map((attack) => ({ ...attack, seconds: 0 }));
  return { attacks: timeless, analysis, count, selected, cleanAccuracy, robustAccuracy, groups, classNames };
}

/** The bits that a training run ends with; of an attack the report, the examples, and the galleries. */
export async function outcomeOf(root: string, id: string, kind: RunKind): Promise<Facts> {
  const { record, rows, report, galleries } = await readRun(root, id);
  const folder = runDirectory(root, id);
  if (kind === 'attack') {
    const place = path.join(folder, runFile.adversarial);
    const arrays: [string, string][] = [];
    for (const name of (await readdir(place)).sort()) {
      if (name.endsWith('.npy')) arrays.push([name, digest(await readFile(path.join(place, name)))]);
    }
    const pictures = galleries?.map(({ grid, png }) => [grid, digest(png)]);
    return { status: record.status, ...accuraciesOf(record), report: reportFacts(report), arrays, pictures };
  }
  const { evaluations, losses } = rowsOf(rows);
  const last = await checkpointFacts(path.join(folder, runFile.lastCheckpoint));
  return {
    status: record.status,
    ...accuraciesOf(record),
    evaluations,
    losses: Object.fromEntries(losses),
    last,
  };
}

async function checkpointFacts(folder: string): Promise<Facts> {
  const { model, metadata } = await loadLayersModel(folder);
  try {
    const { step, optimizerFile, bestRobustAccuracy } = checkpointMetadata.parse(metadata);
    const weights = model
      .getWeights()
      .map((weight) => digest(Buffer.from(Float32Array.from(weight.dataSync()).buffer)));
    return {
      step,
      bestRobustAccuracy,
      weights,
      optimizer: digest(await readFile(path.join(folder, optimizerFile))),
    };
  } finally {
    model.dispose();
  }
}

/** The examples of an attack run as they are shown to other networks. */
export async function examplesOf(
  root: string,
  id: string,
): Promise<{ facts: Facts; warnings: readonly string[] }> {
  const { examples, warnings } = await savedExamplesOf(
    { root, id },
    { attacks, datasets, signal: new AbortController().signal, onProgress: () => undefined },
  );
  const facts: Facts[] = [];
  for (const { images, clean, fools } of examples) {
    const { count, labels } = images.set;
    const { data } = await gatherImages(images.set, [...Array(count).keys()]);
    facts.push({
      images: digest(Buffer.from(data.buffer)),
      labels: [...labels],
      clean: clean?.indices,
      fools,
    });
  }
  return { facts: { examples: facts }, warnings };
}

/** Two runs came to the same, to the bit. */
export function assertSame(outcome: Facts, expected: Facts, what?: string): void {
  assert.deepEqual(
    { ...outcome, losses: commonLosses(outcome, expected) },
    { ...expected, losses: commonLosses(expected, outcome) },
    what,
  );
}

/** Which steps have a row depends on the time: those that both have. */
function commonLosses({ losses }: Facts, other: Facts): Facts {
  const known = Object.keys((other.losses as object | undefined) ?? {});
  return Object.fromEntries(
    Object.entries((losses as object | undefined) ?? {}).filter(([step]) => known.includes(step)),
  );
}
