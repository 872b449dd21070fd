import type { AttackPlan } from '../attacks/plan/attack-plan';
import { assertTargets } from '../attacks/base/targets';
import type { Dataset } from '../data/dataset';
import type { Device } from '../engine/devices/device';
import { openDevice } from '../engine/devices/devices';
import { M2atError, messageOf } from '../errors';
import { builtIn, type Registry } from '../registry/registry';
import { accuracyIntervals } from '../report/accuracy-intervals';
import { openCorruptedImages } from '../corruptions/corrupted-images';
import { freeMemory, type FreeMemory } from '../memory/free-memory';
import { inputLine } from '../report/input-text';
import { removeFile } from '../files/own-file';
import type { AttackSource } from '../records/attack-files';
import type { KnownAttackTask } from '../runs/known-task';
import { chooseBatch } from './attack-memory';
import { attackCorruptions } from './attack-corruptions';
import { assertFits, assertLabels, loadAttackImages, neededImages } from './attack-images';
import { inputOf } from './attack-report';
import { AttackReporter } from './attack-reporter';
import { unverifiedText } from '../models/model-checksums';
import { assertAttackable, type Classifier } from './classifier';
import { soundVictim } from './sound-victim';
import { writeReportPage } from '../runs/report-page';
import type { CorruptionTable } from '../records/corruption-files';
import type { AttackReport, RunRecord } from '../records/run-files';
import { noOwner, ownerKeys } from '../runs/run-owner';
import { runFile } from '../records/run-paths';
import type { RunWriter } from '../runs/run-writer';
import type { SupervisedRun } from '../runs/supervised';
import { withoutKeys } from '../without-keys';

/** What every attack run is given, a new one or one that goes on. */
export interface AttackingOptions extends SupervisedRun {
  /** What can be named; by default what comes with this program. */
  readonly registry?: Registry | undefined;
  /** Holds the dashboard's bundle, for `report.html`; by default `webview/` beside the running one. */
  readonly pageBundle?: string | undefined;
  /** Used instead of loading the checkpoint's data set and opening the device; not disposed. */
  readonly resources?: {
    readonly dataset?: Dataset;
    readonly device?: Device;
    readonly freeMemory?: () => Promise<FreeMemory>;
  };
  /** Takes the batch that was asked for even where memory is not expected to suffice. */
  readonly ignoreMemory?: boolean | undefined;
}

export interface AttackResult {
  readonly record: RunRecord;
  readonly report: AttackReport;
  /** Where they were asked for, and as far as they are measured. */
  readonly corruptions?: CorruptionTable | undefined;
}

export interface LoadedAttack {
  readonly classifier: Classifier;
  readonly plan: AttackPlan;
  readonly source: AttackSource | Dataset;
  /** What to do with so many images. */
  readonly choose: (available: number) => Promise<KnownAttackTask>;
  readonly writer: RunWriter;
  /** What was asked for, and may be more than there is. */
  readonly wanted?: { readonly count?: number | undefined; readonly batchSize?: number | undefined };
  /** It goes on with a run that began, and keeps its batches. */
  readonly resumed?: boolean;
  /** Of the process that began, where this one goes on. */
  readonly previous?: AttackReport | undefined;
}

/** Does the attacks and ends the run; what it throws is not in the record yet. */
export async function attackLoaded(options: AttackingOptions, loaded: LoadedAttack): Promise<AttackResult> {
  const { signal, resources = {}, registry: { attacks: list, datasets } = builtIn } = options;
  const { classifier, plan, source, choose, writer, wanted = {} } = loaded;
  const onProgress = writer.progress.bind(writer);
  const needed = async (available: number): Promise<readonly number[]> =>
    neededImages((await choose(available)).indices, plan.attacks, available);
  const images = await loadAttackImages(source, classifier, { datasets, signal, onProgress, needed });
  assertAttackable(classifier, plan.attacks);
  assertFits(classifier, images);
  const task = await choose(images.set.count);
  let device = resources.device ?? (await openDevice(task.device, { threads: task.threads }));
  try {
    const { height, width, channels, count } = images.set;
    const imageShape = [height, width, channels];
    const isShared = device === resources.device;
    const { threads, seed } = task;
    const victim = await soundVictim(classifier, device, { imageShape, threads, isShared, seed });
    device = victim.device;
    assertLabels(images.set, victim.classes, images.name);
    const corrupted = task.corruptions && (await openCorruptedImages(images.set, task.corruptions, task));
    const attacks = plan.attacks.map(({ parameters }) => parameters);
    assertTargets(attacks, { classes: victim.classes, given: task.targets });
    const { indices, targets, eightBit, probe } = task;
    const {
      attack: reporter,
      memory,
      message,
    } = await chooseBatch(
      device,
      (batchSize) =>
        new AttackReporter(
          { list, classifier, victim, images, plan, indices, targets, seed, batchSize, eightBit, probe },
          writer,
        ),
      task.batchSize,
      {
        free: await (resources.freeMemory ?? freeMemory)(),
        fixed: loaded.resumed === true,
        ignore: options.ignoreMemory === true,
      },
    );
    device.limitMemory?.(memory?.sessions ?? Infinity);
    const { batchSize } = reporter.task;
    await (loaded.resumed ? writer.reopen() : writer.open());
    // Of a run that goes on: it will have more examples than were measured.
    await removeFile(writer.file(runFile.transfer));
    await writer.task({ ...task, batchSize });
    const command = writer.record.command ?? ['attack', '--like', writer.record.id];
    await writer.update({ status: 'running', command });
    const doing = plan.attacks.length > 0 ? 'Attacking' : 'Measuring';
    await writer.log('info', `${doing} ${classifier.modelFile} on ${device.name}: ${device.description}.`);
    if (classifier.model.verified === false) await writer.log('info', unverifiedText(classifier.modelFile));
    const input = inputOf(classifier, victim.classes);
    if (input) await writer.log('info', inputLine(input));
    if (wanted.count !== undefined && wanted.count > count) {
      await writer.log('warn', `${images.name} has only ${count} images.`);
    }
    if (wanted.batchSize !== undefined && wanted.batchSize > task.batchSize) {
      const text = `The batch size ${wanted.batchSize} is more than the ${indices.length} images`;
      await writer.log('warn', `${text}: they are one batch of ${task.batchSize}.`);
    }
    if (message) await writer.log(message.level, message.text);
    const attacked = await reporter.run(signal);
    const report = reporter.report ?? loaded.previous;
    if (!report) throw new M2atError('cancelled', 'Cancelled.');
    const { status, corruptions } =
      attacked === 'done' && corrupted && task.corruptions
        ? await attackCorruptions(
            writer,
            {
              victim,
              attacked: images,
              indices,
              seed,
              batchSize,
              parameters: task.corruptions,
              images: corrupted,
              report,
            },
            { signal, resumed: loaded.resumed },
          )
        : { status: attacked, corruptions: undefined };
    return { record: await endRecord(options, writer, status, report), report, corruptions };
  } finally {
    device.limitMemory?.(Infinity);
    if (device !== resources.device) await device.dispose();
  }
}

async function endRecord(
  options: AttackingOptions,
  writer: RunWriter,
  status: 'done' | 'stopped',
  report: AttackReport,
): Promise<RunRecord> {
  const endedAt = new Date().toISOString();
  // Lists show the record's accuracies without the number of images: only those of the whole attack belong there.
  const { cleanAccuracy, robustAccuracy } = report;
  const { cleanAccuracyInterval, ...robustInterval } = accuracyIntervals(report, report.count);
  const accuracies = {
    ...{ cleanAccuracy, cleanAccuracyInterval },
    // Without an attack, every image withstands.
    ...(report.attacks.length > 0 && { robustAccuracy, ...robustInterval }),
  };
  const changes = { status, ...(status === 'done' && accuracies), endedAt };
  await writePage(options, writer, { ...withoutKeys(writer.record, ownerKeys), ...changes });
  await writer.update({ ...changes, ...noOwner });
  return writer.record;
}

/** Before the run is over, so that whoever hears of that finds the page. Without it a run is complete all the same. */
async function writePage(
  { root, pageBundle, registry: { attacks } = builtIn }: AttackingOptions,
  writer: RunWriter,
  record: RunRecord,
): Promise<void> {
  try {
    await writeReportPage({ root, id: record.id, bundle: pageBundle, record, attacks });
  } catch (error) {
    await writer.log('info', `${runFile.reportPage} was not written: ${messageOf(error)}`);
  }
}
