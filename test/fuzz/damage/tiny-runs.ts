import path from 'node:path';
import type { Device } from '../../../src/core/engine/devices/device';
import { resumeAttack } from '../../../src/core/attacking/attack-resume';
import { attackRun } from '../../../src/core/attacking/attack-run';
import type { RunEvent } from '../../../src/core/records/run-event';
import type { RunRecord } from '../../../src/core/records/run-files';
import { readExperiment } from '../../../src/core/runs/run-store';
import { trainRun } from '../../../src/core/training/train-run';
import { writeArrays, writeLayersModel } from '../../support/tiny-models';
import { tinyDataset, tinyExperiment } from '../../unit/training/tiny-task';
import { requested } from '../../unit/attacks/named';

export const runKinds = ['train', 'attack'] as const;
export type RunKind = (typeof runKinds)[number];

/** A run that is small enough to be made hundreds of times. */
export interface TinyRun {
  readonly kind: RunKind;
  /** Where the run is written. */
  readonly root: string;
  /** Of attacks: where {@link writeTinyModel} was called. */
  readonly model: string;
  readonly device: Device;
  readonly resume?: string | undefined;
  readonly signal?: AbortSignal;
  readonly onEvent?: (id: string, event: RunEvent) => void;
}

const IMAGES = 24;

/** The network and the images that tiny attack runs are about. */
export async function writeTinyModel(folder: string): Promise<void> {
  await writeLayersModel(folder);
  await writeArrays(folder, IMAGES);
}

/** Starts a tiny run, or goes on with one. */
export async function tinyRun(run: TinyRun): Promise<RunRecord> {
  const { kind, root, model, device, resume } = run;
  const { signal = new AbortController().signal, onEvent = () => undefined } = run;
  const common = { root, signal, onEvent };
  if (kind === 'train') {
    const experiment = resume === undefined ? smallExperiment() : await readExperiment(root, resume);
    return trainRun({ ...common, experiment, resume, resources: { dataset: tinyDataset(), device } });
  }
  if (resume !== undefined)
    return (await resumeAttack({ ...common, id: resume, resources: { device } })).record;
  const { record } = await attackRun({
    ...common,
    checkpoint: path.join(model, 'model.json'),
    arrays: { images: path.join(model, 'images.npy'), labels: path.join(model, 'labels.npy') },
    attacks: ['fgsm', 'pgd'].map((name) =>
      requested({ name, epsilon: 0.1, ...(name === 'pgd' && { steps: 3 }) }),
    ),
    seed: 1,
    batchSize: 8,
    device: 'auto',
    threads: 1,
    resources: { device },
  });
  return record;
}

function smallExperiment(): ReturnType<typeof tinyExperiment> {
  return tinyExperiment({
    samples: { count: 2, everySteps: 4 },
    evaluation: {
      during: { count: 6, attacks: [{ name: 'fgsm' }] },
      final: { count: 12, attacks: [{ name: 'pgd', steps: 2 }] },
    },
  });
}
