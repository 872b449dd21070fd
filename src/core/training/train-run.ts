import type * as tf from '@tensorflow/tfjs';
import { lstat } from 'node:fs/promises';
import path from 'node:path';
import { M2atError, messageOf } from '../errors';
import { isCancelled } from '../cancellation';
import { ensembleWarnings } from '../attacks/evaluation/attack-warnings';
import { DRAWS_VERSION } from '../attacks/base/image-streams';
import { planEvaluation } from '../attacks/plan/evaluation-plan';
import { drawsNothing } from '../attacks/plan/resolve-attack';
import { openCorruptedImages } from '../corruptions/corrupted-images';
import { inOrder } from '../corruptions/corruption-parameters';
import type { Dataset } from '../data/dataset';
import type { Device } from '../engine/devices/device';
import type { ResolvedExperiment } from '../experiment/experiment-schema';
import { freeMemory, type FreeMemory } from '../memory/free-memory';
import { chooseMethod, chosenOptions } from '../methods/choose-method';
import { builtIn, type Registry } from '../registry/registry';
import { unverifiedText } from '../models/model-checksums';
import { assertSameDraws } from '../runs/draws-version';
import { removeFile } from '../files/own-file';
import { removeOwnFolder } from '../files/own-folders';
import { readMetrics, truncateMetricRows } from '../runs/metrics-file';
import { findResumePoint, needsStart, type ResumePoint } from '../runs/resume-point';
import { repositoryState } from '../repository/repository-state';
import type { RunGroup, RunRecord } from '../records/run-files';
import { assertCanRun, newRecord, recordAgain } from '../runs/run-lifecycle';
import { newRunId, runDirectory, runFile } from '../records/run-paths';
import { lockRun } from '../runs/run-lock';
import { assertBegun } from '../runs/not-begun';
import { assertOver } from '../runs/run-owner';
import { assertExists, readIntactRecord, readRecord } from '../runs/run-store';
import { removeLeftovers } from '../runs/tidy-runs';
import { deleteSamplesAfter } from '../runs/sample-files';
import type { RunWriter } from '../runs/run-writer';
import type { RunControl } from '../runs/run-control';
import { supervised, type SupervisedRun } from '../runs/supervised';
import { resolveExperiment, type FullExperiment } from '../experiment/resolve-experiment';
import { ThreadedBatches } from './threaded-batches';
import { countProblems } from '../experiment/count-problems';
import type { FieldProblem } from '../experiment/describe-issue';
import { refusalProblems } from '../experiment/refusal-problems';
import { experimentStepWarnings } from '../experiment/step-problems';
import { batchPlan, Trainer } from './trainer';
import { TrainingLoop } from './training-loop';
import { isSingleStep } from './collapse-watch';
import { restoreOptimizer } from './restore-checkpoint';
import { startNetwork } from './start-network';
import type { BatchPlan } from './training-batches';
import { holdOut, loadTrainingImages } from './training-data';
import type { PreparedRun } from './prepared-run';
import { assertSameImages } from './same-images';
import { deviceFor, openTrainingDevice } from './training-device';
import { assertTrainingFits } from './training-memory';
import { planTraining } from '../experiment/training-plan';
import { withValidationRule } from '../experiment/validation-rule';

export interface TrainRunOptions {
  /** What can be named; by default what comes with this program. */
  readonly registry?: Registry | undefined;
  readonly experiment: ResolvedExperiment;
  /** The run is written to `<root>/.m2at/runs/<id>`. */
  readonly root: string;
  /** Path of the experiment file, for the record. */
  readonly source?: string | undefined;
  /** The runs that it is one of, for the record. */
  readonly group?: RunGroup | undefined;
  /** Arguments of `m2at` that do the same again, for the record. */
  readonly command?: readonly string[] | undefined;
  /** Stops the run at the next batch, with a checkpoint. */
  readonly signal: AbortSignal;
  readonly onEvent: SupervisedRun['onEvent'];
  /** What else may be asked of it while it goes on. */
  readonly control?: RunControl | undefined;
  /** Id of a run that was stopped or interrupted, to go on with instead of starting a new one. */
  readonly resume?: string | undefined;
  /** Begins a resumed run again at step 0, and gives up what it has done. */
  readonly fromStart?: boolean | undefined;
  /** Used instead of loading the experiment's data set and opening its device; not disposed. */
  readonly resources?: {
    readonly dataset?: Dataset;
    readonly device?: Device;
    /** The bundle of `batch-thread.ts`, where it does not lie beside this one. */
    readonly batchThread?: string;
    readonly freeMemory?: () => Promise<FreeMemory>;
  };
  /** Starts even where memory is not expected to suffice. */
  readonly ignoreMemory?: boolean | undefined;
}

/**
 * Trains a network as an experiment says, and writes the run directory.
 * @returns the record as the run ended: `done`, `stopped`, or `failed` when the loss diverged
 * @throws M2atError `no-checkpoint` for a run that can only be resumed from its start; for bad input, before a directory is made; `cancelled` when it was stopped that early; and
 * for whatever else ends the run, after it was written to the record
 */
export async function trainRun(options: TrainRunOptions): Promise<RunRecord> {
  const { root, resume } = options;
  if (resume === undefined) return trainUnlocked(options);
  const folder = runDirectory(root, resume);
  await assertExists(folder, resume);
  const unlock = await lockRun(path.join(folder, runFile.lock));
  try {
    await assertBegun(root, { id: resume, kind: 'train' });
    await assertOver(path.join(folder, runFile.record), await readRecord(root, resume));
    await removeLeftovers(folder);
    return await trainUnlocked(options);
  } finally {
    await unlock();
  }
}

async function trainUnlocked(options: TrainRunOptions): Promise<RunRecord> {
  const { root, signal, registry = builtIn } = options;
  const { attacks } = registry;
  const experiment = resolveExperiment(options.experiment, attacks);
  if (options.resume === undefined) assertNoProblem(experiment, refusalProblems(experiment, registry));
  await assertCanRun(root);
  const record = await recordOf(options, experiment);
  let run: PreparedRun | undefined;
  const job = async (writer: RunWriter): Promise<RunRecord> => {
    // It is as the run begins, and found out while that is prepared.
    const git = options.resume === undefined ? gitOf(options) : undefined;
    run = await prepare(options, experiment, writer);
    if (options.resume === undefined) {
      await writer.update({ git: await git });
      await writer.open(run.experiment);
      const { fingerprint } = run.dataset;
      if (fingerprint !== undefined) await writer.update({ images: fingerprint });
    } else {
      await writer.reopen();
      await goBack(run, writer);
    }
    if (run.memory) await writer.log(run.memory.level, run.memory.text);
    const { during, final } = run.trainer.evaluations;
    const warnings = [
      ...experimentStepWarnings(run.experiment, attacks),
      ...ensembleWarnings(attacks, [...during.groups, ...final.groups], run.dataset.classNames.length),
      ...(await run.trainer.notes()),
    ];
    for (const warning of warnings) await writer.log('warn', warning);
    return new TrainingLoop(run, writer, signal, options.control).run();
  };
  try {
    return await supervised(options, record, job);
  } finally {
    await run?.dispose();
  }
}

function gitOf({ root, source }: TrainRunOptions): ReturnType<typeof repositoryState> {
  return repositoryState(source === undefined ? root : path.dirname(source), { file: source });
}

async function recordOf(
  { root, resume, source, group, command, registry: { attacks: list } = builtIn }: TrainRunOptions,
  { name, evaluation }: FullExperiment,
): Promise<RunRecord> {
  if (resume === undefined) {
    const known = { id: newRunId('train', name), kind: 'train', name, source, group } as const;
    return { ...newRecord({ ...known, ...(command && { command: [...command] }) }), draws: DRAWS_VERSION };
  }
  const record = await readIntactRecord(root, resume);
  const hint = 'Resume a training run that was stopped or interrupted, or that failed.';
  if (record.kind !== 'train') throw new M2atError('bad-input', `${resume} is no training run`, { hint });
  if (record.status === 'done') throw new M2atError('bad-input', `the run ${resume} is done`, { hint });
  const plans = [evaluation.during, evaluation.final].map((part) => planEvaluation(list, part));
  const drawn = plans.some(({ attacks }) => !attacks.every(drawsNothing));
  if (drawn) assertSameDraws(record.draws, record, 'Start a new run');
  return recordAgain(record, 'rows');
}

async function prepare(
  options: TrainRunOptions,
  given: FullExperiment,
  writer: RunWriter,
): Promise<PreparedRun> {
  const { signal, resume, resources = {}, registry = builtIn } = options;
  const { attacks, datasets, methods, options: list } = registry;
  const point = resume === undefined ? undefined : await resumePointOf(options, writer);
  const { checkpoint, file: checkpointFile = '' } = point ?? {};
  let model: tf.LayersModel | undefined;
  let device: Device | undefined;
  let batches: ThreadedBatches | undefined;
  let trainer: Trainer | undefined;
  try {
    const { loaded, images } = await loadTrainingImages(datasets, given, resources.dataset, {
      signal,
      onProgress: (progress) => {
        writer.progress(progress);
      },
    });
    // The file was checked with the number of images that it asks for; the data may have fewer.
    if (resume === undefined) assertNoProblem(given, countProblems(given, images));
    else assertSameImages(writer.record, loaded);
    const experiment = withValidationRule(given, images);
    const dataset = holdOut(loaded, experiment, images);
    const corrupted = await openCorruptions(experiment, dataset);
    device = resources.device ?? (await openTrainingDevice(experiment));
    const network = await startNetwork(
      experiment,
      dataset,
      checkpoint && { checkpoint, file: checkpointFile },
    );
    model = network.model;
    const isShared = device === resources.device;
    device = await deviceFor(device, model, { threads: experiment.threads, isShared });
    const opened = device;
    const earlierFallbacks = new Set(opened.fallbacks());
    const plan = planTraining(experiment, dataset.train.count);
    const { batchThread: file } = resources;
    const started = await startBatches(dataset, batchPlan(experiment, plan, dataset), file);
    batches = started.batches;
    const setting = {
      attacks,
      device,
      model,
      dataset,
      experiment,
      method: chooseMethod(methods, experiment.method, chosenOptions(list, experiment.options)),
    };
    const made = await Trainer.create(setting, plan, batches);
    trainer = made;
    if (checkpoint) restoreOptimizer(made, checkpoint, checkpointFile);
    const memory = await assertTrainingFits(made, setting, {
      free: await (resources.freeMemory ?? freeMemory)(),
      resumed: resume !== undefined,
      ignore: options.ignoreMemory === true,
    });
    const from = checkpoint?.state;
    const known = {
      from,
      // What an option adds to the passes is no attack.
      singleStep: isSingleStep(chooseMethod(methods, experiment.method).passes),
      fromLatest: point?.isLatest ?? false,
      warnings: point?.warnings ?? [],
      unverified: checkpoint?.verified === false ? checkpointFile : undefined,
      begins: network.begins,
    };
    const dispose = async (): Promise<void> => {
      await started.batches?.dispose();
      await made.dispose();
      made.trained.dispose();
      if (opened !== resources.device) await opened.dispose();
    };
    return {
      device,
      earlierFallbacks,
      experiment,
      dataset,
      trainer: made,
      plan,
      memory,
      noBatchThread: started.reason,
      corrupted,
      ...known,
      dispose,
    };
  } catch (error) {
    await batches?.dispose();
    await trainer?.dispose();
    model?.dispose();
    if (device !== resources.device) await device?.dispose();
    throw isCancelled(error) || !signal.aborted ? error : new M2atError('cancelled', 'Cancelled.');
  } finally {
    checkpoint?.model.dispose();
  }
}

/** Before the training, so that nobody hears only at its end that a file is missing. */
async function openCorruptions(
  { evaluation: { final }, seed }: FullExperiment,
  { test }: Dataset,
): Promise<PreparedRun['corrupted']> {
  if (!final.corruptions) return undefined;
  const parameters = inOrder(final.corruptions);
  const indices = Array.from({ length: Math.min(final.count, test.count) }, (_, n) => n);
  const images = await openCorruptedImages(test, parameters, { indices, seed });
  return { parameters, images, indices, seed };
}

/** @throws M2atError `no-checkpoint` when only the start is left and nobody asked for it */
async function resumePointOf(
  { resume = '', fromStart = false }: TrainRunOptions,
  writer: RunWriter,
): Promise<ResumePoint | undefined> {
  if (fromStart) return undefined;
  const point = await findResumePoint(writer.folder);
  if (point) return point;
  const { rows, damaged } = await readMetrics(writer.file(runFile.metrics));
  if (rows.length + damaged === 0) return undefined;
  throw needsStart(
    `the run ${resume} has metrics up to step ${rows.at(-1)?.step ?? 0}, but no checkpoint`,
    writer.folder,
  );
}

/** Drops what a resumed run does again, and says what is wrong with what it has. */
async function goBack({ from, plan, warnings, unverified }: PreparedRun, writer: RunWriter): Promise<void> {
  // The metrics stay until the end of it: with them, and without a checkpoint, nobody takes the run for a new one.
  if (!from) await removeFolder(writer.file(runFile.checkpoints));
  const metrics = writer.file(runFile.metrics);
  const { rows, count, complete } = await truncateMetricRows(metrics, from ?? { step: 0, evaluatedStep: 0 });
  writer.goOnAfter(count);
  // They are measured once the training is over: its networks stay as they are.
  const isTrained = from && (from.step === plan.steps || from.watch?.ended !== undefined);
  if (!isTrained) await removeFile(writer.file(runFile.corruptions));
  await deleteSamplesAfter(writer.file(runFile.samples), from?.step ?? 0);
  // Of an evaluation that is done again nothing is known yet.
  const last = rows.findLast((row) => row.kind === 'evaluation');
  const { cleanAccuracy, robustAccuracy, cleanAccuracyInterval, robustAccuracyInterval, split } = last ?? {};
  await writer.update({
    cleanAccuracy,
    robustAccuracy,
    cleanAccuracyInterval,
    robustAccuracyInterval,
    split,
  });
  // Nor of what was seen after the checkpoint: it will be seen again.
  const signs = writer.record.signs?.filter(({ step }) => step <= (from?.step ?? 0));
  await writer.update({ signs: signs?.length ? signs : undefined });
  for (const warning of warnings) await writer.warn(warning);
  if (!complete && from) {
    await writer.warn(
      `${runFile.metrics} is damaged, or was changed: rows before step ${from.step} are missing. Those that are there are as they were written.`,
    );
  }
  if (unverified !== undefined) {
    await writer.log('info', unverifiedText(unverified));
  }
}

async function removeFolder(folder: string): Promise<void> {
  const isThere = await lstat(folder).then(
    () => true,
    () => false,
  );
  if (isThere) await removeOwnFolder(folder);
}

/** @throws M2atError `bad-input` with the first one */
function assertNoProblem({ name }: FullExperiment, [problem]: readonly FieldProblem[]): void {
  if (!problem) return;
  throw new M2atError('bad-input', problem.message, {
    where: problem.path.join('.'),
    hint: `Correct the experiment ${name} and start again.`,
  });
}

/** Batches come from a thread where one can be started; the numbers are the same without it. */
async function startBatches(
  { train, extra }: Dataset,
  plan: BatchPlan,
  file: string | undefined,
): Promise<{ readonly batches?: ThreadedBatches; readonly reason?: string }> {
  try {
    return { batches: await ThreadedBatches.start(train, plan, file, extra?.source) };
  } catch (error) {
    return { reason: messageOf(error) };
  }
}
