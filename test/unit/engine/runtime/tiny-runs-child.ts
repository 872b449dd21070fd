import path from 'node:path';
import { attackRun } from '../../../../src/core/attacking/attack-run';
import { runDirectory, runFile } from '../../../../src/core/records/run-paths';
import { trainRun } from '../../../../src/core/training/train-run';
import { tinyDataset, tinyExperiment } from '../../training/tiny-task';
import { requested } from '../../attacks/named';

/** A process that trains a network with ONNX Runtime, attacks it, and ends: in the folder that it is started in. */
async function trainAndAttack(): Promise<void> {
  const shared = { root: '.', signal: new AbortController().signal, onEvent: () => undefined };
  const dataset = tinyDataset();
  const experiment = tinyExperiment({
    ...{ device: 'onnx-cpu', threads: 1 },
    method: { name: 'standard' },
    training: { epochs: 1, batchSize: 8, schedule: { name: 'cyclic', learningRate: 0.1 } },
    evaluation: {
      during: { count: 6, attacks: [{ name: 'fgsm' }] },
      final: { count: 12, attacks: [{ name: 'fgsm' }] },
    },
  });
  const { id } = await trainRun({ ...shared, experiment, resources: { dataset } });
  const { record } = await attackRun({
    ...shared,
    checkpoint: path.join(runDirectory('.', id), runFile.lastCheckpoint),
    attacks: [requested({ name: 'pgd', epsilon: '8/255', steps: 2 })],
    seed: 0,
    device: 'onnx-cpu',
    threads: 1,
    resources: { dataset },
  });
  console.log(record.status);
}

void trainAndAttack();
