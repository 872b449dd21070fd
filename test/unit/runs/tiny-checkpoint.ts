import path from 'node:path';
import type { Dataset } from '../../../src/core/data/dataset';
import type { Device } from '../../../src/core/engine/devices/device';
import { runDirectory } from '../../../src/core/runs/run-store';
import { trainRun } from '../../../src/core/training/train-run';
import { tinyExperiment } from '../training/tiny-task';

/** Trains a small network that classifies nearly everything right. @returns its checkpoint, a folder below `root` */
export async function trainTinyCheckpoint(
  root: string,
  resources: { readonly dataset: Dataset; readonly device: Device },
): Promise<string> {
  const experiment = tinyExperiment({
    method: { name: 'standard' },
    model: { name: 'small-cnn', widths: [8, 8, 8, 16], hidden: 16 },
    training: { epochs: 12, batchSize: 8, schedule: { name: 'cyclic', learningRate: 0.1 } },
    samples: { count: 0 },
  });
  const { id } = await trainRun({
    experiment,
    root,
    signal: new AbortController().signal,
    onEvent: () => undefined,
    resources,
  });
  return path.join(runDirectory(root, id), 'checkpoints', 'last');
}
