import type * as tf from '@tensorflow/tfjs';
import path from 'node:path';
import type { AttackParameters } from '../attacks/attack-schema';
import { isCancelled } from '../attacks/cancellation';
import { resolveAttack } from '../attacks/resolve-attack';
import type { Dataset } from '../data/dataset';
import { loadDataset } from '../data/load-dataset';
import type { Device, DeviceName } from '../engine/device';
import { openDevice } from '../engine/devices';
import { M2atError } from '../errors';
import { loadLayersModel, type LoadedModel } from '../models/layers-model-file';
import { AttackReporter } from './attack-reporter';
import { assertFits, datasetOf } from './checkpoint-data';
import type { RunEvent } from './run-event';
import type { AttackReport, RunRecord } from './run-files';
import { assertWritable, newRecord, recordFailure } from './run-lifecycle';
import { newRunId } from './run-paths';
import { RunWriter } from './run-writer';

export interface AttackRunOptions {
  /** A `model.json`, or the folder that holds one. */
  readonly checkpoint: string;
  readonly attacks: readonly AttackParameters[];
  /** The first so many test images; all of them if there are fewer. */
  readonly count: number;
  readonly seed: number;
  readonly device: DeviceName | 'auto';
  /** CPU threads; 0 means all cores. */
  readonly threads: number;
  /** The run is written to `<root>/.m2at/runs/<id>`. */
  readonly root: string;
  readonly signal: AbortSignal;
  readonly onEvent: (runId: string, event: RunEvent) => void;
  /** Used instead of loading the checkpoint's data set and opening the device; not disposed. */
  readonly resources?: { readonly dataset?: Dataset; readonly device?: Device };
}

/**
 * Attacks a checkpoint and writes a run directory with the report, which fills while the attacks go on.
 * @returns the report: of all images, or of those that were done when the run was stopped
 * @throws M2atError for bad input, before a directory is made; `cancelled` when it was stopped before there was
 * anything to report; and for whatever else ends the run, after it was written to the record
 */
export async function attackRun(
  options: AttackRunOptions,
): Promise<{ record: RunRecord; report: AttackReport }> {
  const { root, signal, onEvent } = options;
  await assertWritable(root);
  const loaded = await loadLayersModel(options.checkpoint);
  try {
    const record = newRecord({
      id: newRunId('attack'),
      kind: 'attack',
      name: nameOf(loaded),
      source: loaded.modelFile,
    });
    const writer = new RunWriter(root, record, (event) => {
      onEvent(record.id, event);
    });
    const announceStop = (): void => {
      writer.announce({ status: 'stopping' });
    };
    signal.addEventListener('abort', announceStop, { once: true });
    try {
      writer.announce({});
      return await attackLoaded(options, loaded, writer);
    } catch (error) {
      await recordFailure(writer, error);
      throw error;
    } finally {
      signal.removeEventListener('abort', announceStop);
    }
  } finally {
    loaded.model.dispose();
  }
}

async function attackLoaded(
  options: AttackRunOptions,
  loaded: LoadedModel,
  writer: RunWriter,
): Promise<{ record: RunRecord; report: AttackReport }> {
  const { signal, resources = {} } = options;
  const dataset = resources.dataset ?? (await loadTestImages(loaded, writer, signal));
  assertFits(loaded.model, dataset, loaded.modelFile);
  const device = resources.device ?? (await openDevice(options.device, { threads: options.threads }));
  try {
    await writer.open();
    await writer.update({ status: 'running' });
    await writer.log('info', `Attacking ${loaded.modelFile} on ${device.name}: ${device.description}.`);
    const reporter = new AttackReporter(
      {
        model: loaded.model,
        checkpoint: loaded.modelFile,
        device,
        dataset,
        attacks: options.attacks.map(resolveAttack),
        count: Math.min(options.count, dataset.test.count),
        seed: options.seed,
      },
      writer,
    );
    if (options.count > dataset.test.count) {
      await writer.log('warn', `The data set has only ${dataset.test.count} test images.`);
    }
    const status = await reporter.run(signal);
    const report = reporter.report;
    if (!report) throw new M2atError('cancelled', 'Cancelled.');
    const endedAt = new Date().toISOString();
    // Lists show the record's accuracies without the number of images: only those of the whole attack belong there.
    const { cleanAccuracy, robustAccuracy } = report;
    const accuracies = status === 'done' ? { cleanAccuracy, robustAccuracy } : {};
    await writer.update({ status, ...accuracies, endedAt, pid: undefined });
    return { record: writer.record, report };
  } finally {
    if (!resources.device) await device.dispose();
  }
}

async function loadTestImages(loaded: LoadedModel, writer: RunWriter, signal: AbortSignal): Promise<Dataset> {
  try {
    return await loadDataset(await datasetOf(loaded), {
      signal,
      onProgress: (progress) => {
        writer.progress(progress);
      },
    });
  } catch (error) {
    throw isCancelled(error) || !signal.aborted ? error : new M2atError('cancelled', 'Cancelled.');
  }
}

function nameOf({ metadata, modelFile, model }: LoadedModel & { readonly model: tf.LayersModel }): string {
  const { experiment } = metadata;
  if (typeof experiment === 'string' && experiment !== '') return experiment;
  return path.basename(path.dirname(modelFile)) || model.name;
}
