import { stat } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { parseJson } from '../../core/files/json';
import { readText } from '../../core/files/text';
import { MAX_MODEL_JSON_BYTES } from '../../core/models/model-json';
import { runFile } from '../../core/records/run-paths';

export interface RunCheckpoint {
  readonly which: 'best' | 'last';
  /** Path of its `model.json`. */
  readonly modelFile: string;
  /** Where training stood; undefined when the file does not say. */
  readonly state: CheckpointState | undefined;
}

const checkpointState = z.object({
  step: z.int(),
  epoch: z.number(),
  bestRobustAccuracy: z.number().nullable(),
});
type CheckpointState = z.output<typeof checkpointState>;
const modelJson = z.object({ userDefinedMetadata: checkpointState });

/** Whether the run in this folder has a checkpoint to go on from or to attack. */
export function hasCheckpoint(run: string): Promise<boolean> {
  return stat(modelFileOf(run, 'last')).then(
    () => true,
    () => false,
  );
}

/**
 * The checkpoints of a run that differ, best first: one where both were saved at the same step, none before the
 * first is saved.
 */
export async function runCheckpoints(run: string): Promise<RunCheckpoint[]> {
  const [best, last] = await Promise.all([readCheckpoint(run, 'best'), readCheckpoint(run, 'last')]);
  const same = best?.state && best.state.step === last?.state?.step;
  return [same ? undefined : best, last].filter((checkpoint) => checkpoint !== undefined);
}

async function readCheckpoint(
  run: string,
  which: RunCheckpoint['which'],
): Promise<RunCheckpoint | undefined> {
  const modelFile = modelFileOf(run, which);
  const text = await readText(modelFile, MAX_MODEL_JSON_BYTES).catch(() => undefined);
  return text === undefined ? undefined : { which, modelFile, state: stateOf(text) };
}

function stateOf(text: string): CheckpointState | undefined {
  try {
    return modelJson.safeParse(parseJson(text, '')).data?.userDefinedMetadata;
  } catch {
    return undefined;
  }
}

function modelFileOf(run: string, which: RunCheckpoint['which']): string {
  const folder = which === 'best' ? runFile.bestCheckpoint : runFile.lastCheckpoint;
  return path.join(run, folder, 'model.json');
}
