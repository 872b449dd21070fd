import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { loadLayersModel } from '../../../src/core/models/layers-model/layers-model-file';
import type { EvaluationRow } from '../../../src/core/records/run-files';
import { checkpointMetadata } from '../../../src/core/runs/checkpoint-store';
import { readRun, runDirectory } from '../../../src/core/runs/run-store';

/** The bits of the weights and of the optimizer's state. */
export async function weightsOf(
  root: string,
  id: string,
  which: 'last' | 'best' = 'last',
): Promise<Record<string, string>> {
  const folder = path.join(runDirectory(root, id), 'checkpoints', which);
  const { model, metadata } = await loadLayersModel(folder);
  model.dispose();
  const { optimizerFile, step } = checkpointMetadata.parse(metadata);
  const names = await readdir(folder);
  const weights = names.find((name) => name.startsWith(`weights-${step}-`));
  assert.ok(weights);
  return {
    step: String(step),
    weights: (await readFile(path.join(folder, weights))).toString('hex'),
    optimizer: (await readFile(path.join(folder, optimizerFile))).toString('hex'),
  };
}

/** The evaluations of a run, without the times that they took. */
export async function evaluationsOf(root: string, id: string): Promise<EvaluationRow[]> {
  const { rows } = await readRun(root, id);
  return rows.flatMap((row) =>
    row.kind === 'evaluation'
      ? [{ ...row, elapsedSeconds: 0, attacks: row.attacks.map((attack) => ({ ...attack, seconds: 0 })) }]
      : [],
  );
}
