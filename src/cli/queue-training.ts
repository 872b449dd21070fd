import path from 'node:path';
import * as z from 'zod';
import { chooseRuns } from '../core/experiment/choose-runs';
import { experimentText, loadExperiment } from '../core/experiment/load-experiment';
import type { ResolvedExperiment } from '../core/experiment/experiment-schema';
import type { Settings } from '../core/experiment/set-settings';
import { messageOf } from '../core/errors';
import { assertCanRun } from '../core/runs/run-lifecycle';
import type { Registry } from '../core/registry/registry';
import { experimentLike } from '../core/runs/experiment-like';
import { createJob, readJobState, removeJob } from '../core/scheduler/job-folder';
import { errorOf } from '../core/scheduler/error-data';
import type { JobTask } from '../core/scheduler/job-requests';
import { showQueue } from '../core/scheduler/queue';
import { startDue } from '../core/scheduler/start-due';
import { workerScript } from './as-job';
import type { TrainingFlags } from './run-training';
import { messages, output } from './terminal';

const json = z.record(z.string(), z.json());

export interface QueuedTraining {
  readonly title: string;
  readonly file?: string | undefined;
  readonly like?: { readonly run: string; readonly set: Settings } | undefined;
  readonly set?: Settings | undefined;
  readonly runs?: readonly string[] | undefined;
}

/**
 * Has a training wait for its turn, in a process of its own, which this command does not wait for.
 * @throws M2atError `bad-input` for what is wrong with the file, a run's name or the settings
 */
export async function queueTraining(
  training: QueuedTraining,
  { root, device, threads, ignoreMemory, json: asJson }: TrainingFlags,
  registry: Registry,
): Promise<void> {
  const { title, file, like, set, runs } = training;
  const text = file === undefined ? undefined : await experimentText(file);
  const chosen = await experimentsOf(training, root, registry, text);
  const devices = new Set(chosen.map((experiment) => experiment.device));
  const task: JobTask = {
    kind: 'train',
    request: {
      root: path.resolve(root),
      ...(file !== undefined && { file: path.resolve(file), text }),
      ...(like && { like: { run: like.run, set: json.parse(like.set) } }),
      ...(set && { set: json.parse(set) }),
      ...(runs && { runs: [...runs] }),
      ...(device && { device }),
      ...(threads !== undefined && { threads }),
      ...(ignoreMemory && { ignoreMemory }),
    },
  };
  const asked = device ?? (devices.size === 1 ? [...devices][0] : undefined);
  await assertCanRun(root);
  const folder = await createJob({ title, root, task, queued: true, device: asked });
  await startDue(workerScript).catch((error: unknown) => {
    messages.write(`It waits, and could not be started: ${messageOf(error)}\n`);
  });
  const { ended } = (await readJobState(folder)) ?? {};
  if (ended?.error) {
    await removeJob(folder);
    throw errorOf(ended.error);
  }
  const { waiting } = await showQueue();
  const place = waiting.findIndex((job) => job.folder === folder);
  const id = path.basename(folder);
  if (asJson) output.json({ job: id, waiting: place < 0 ? null : place + 1 });
  else if (place < 0) output.write(`${title} has begun (${id}). m2at runs shows how far it is.\n`);
  else output.write(`${title} waits (${id}), ${place} before it. m2at queue shows what waits.\n`);
}

async function experimentsOf(
  { file, like, set, runs }: QueuedTraining,
  root: string,
  registry: Registry,
  text: string | undefined,
): Promise<readonly ResolvedExperiment[]> {
  if (like) return [(await experimentLike(root, like, registry)).experiment];
  const all = await loadExperiment(file ?? '', registry, set, text);
  return chooseRuns(all, runs, file).map(({ experiment }) => experiment);
}
