import type { LabelledImages } from '../attacks/base/attack';
import { curveGroups } from '../attacks/plan/attack-plan';
import { smallerBatches } from '../attacks/base/batch-rows';
import { countOffGrid } from '../attacks/base/eight-bit';
import { attackWarnings, isRandom, type NetworkCheck } from '../attacks/evaluation/attack-warnings';
import { isCancelled } from '../cancellation';
import { checkNetwork, compileCheck } from '../attacks/evaluation/check-network';
import { EvaluationState, type Evaluation } from '../attacks/evaluation/evaluation';
import { Evaluator, type EvaluationProgress } from '../attacks/evaluation/evaluator';
import type { Prediction } from '../attacks/base/predictions';
import { gatherImages, gatherLabels, oneHot } from '../data/batch';
import type { CompiledProgram } from '../engine/devices/device';
import { M2atError } from '../errors';
import { analyseReport } from '../report/analyse-report';
import { STOPPED } from '../report/early-end';
import { AttackGalleries } from './attack-galleries';
import type { PlannedAttack } from './attack-memory';
import type { JournalStart } from './attack-journal';
import { reportOf } from './attack-report';
import { AttackStore } from './attack-store';
import type { AttackTask } from './attack-task';
import { DeviceReporter } from '../runs/device-reporter';
import { inputWarning, probeText } from './input-warning';
import { probeConventions } from './probe-conventions';
import type { AttackReport } from '../records/run-files';
import type { RunWriter } from '../runs/run-writer';

/** Images that the network is looked at with before the attacks. */
const CHECKED = 64;
/** Passes that are compared to find a network that draws random numbers, as in AutoAttack's own check. */
const PASSES = 5;
/** Between two updates of the report, in milliseconds. */
const UPDATE_PERIOD = 1000;
/** A long report takes at most one of so many parts of the time. */
const PATIENCE = 10;
const PROGRESS_PERIOD = 100;

/** Does the attacks of an attack run and keeps its report, its pictures and its state up to date. */
export class AttackReporter {
  private latest: AttackReport | undefined;
  /** As of the last batch: what a run that is stopped reports. */
  private reached: Evaluation | undefined;
  private readonly galleries: AttackGalleries;
  private readonly deviceReporter: DeviceReporter;
  private evaluator: Evaluator | undefined;
  private checkProgram: CompiledProgram | undefined;
  private nextUpdateAt = -Infinity;
  private progressAt = -Infinity;
  private check: NetworkCheck = { zeroGradients: 0, checked: 0, probabilities: false, randomness: 0 };
  private notes: readonly (readonly string[])[] = [];
  /** Selected images that are not on the 8-bit grid, where examples have to be. */
  private offGrid = 0;

  constructor(
    readonly task: AttackTask,
    private readonly writer: RunWriter,
  ) {
    const { classNames, set } = task.images;
    const shape = [set.height, set.width, set.channels] as const;
    this.galleries = new AttackGalleries(task.plan, shape, classNames, writer);
    const { device } = task.victim;
    this.deviceReporter = new DeviceReporter(device, writer, new Set(device.fallbacks()));
  }

  /** The report as far as it goes; undefined until the first adversarial examples are there. */
  get report(): AttackReport | undefined {
    return this.latest;
  }

  /** For the plan of memory; what it traces is used by {@link run}. */
  planned(): PlannedAttack {
    const { images, indices, batchSize, victim } = this.task;
    const { set } = images;
    const { signal } = new AbortController();
    return {
      batchSize,
      imageBytes: 4 * set.height * set.width * set.channels,
      withoutNetwork: 'scores' in victim,
      parts: () => {
        // Its own session runs whatever is asked of it.
        if ('scores' in victim) return { shared: [], attacks: [] };
        this.evaluator ??= this.evaluatorFor({});
        const [classify, ...attacks] = this.evaluator.partsFor(set, indices, signal);
        const check = (this.checkProgram ??= compileCheck(victim));
        const checked = async (): Promise<unknown> => {
          const { images, labels } = await this.firstImages(this.checkedCount);
          return check.run(images, oneHot(new Int32Array(labels.length), victim.classes));
        };
        return { shared: [...(this.attacksAny ? [checked] : []), ...(classify ? [classify] : [])], attacks };
      },
    };
  }

  async dispose(): Promise<void> {
    await this.evaluator?.dispose();
    await this.checkProgram?.dispose();
  }

  /**
   * Begins, or goes on where the run directory says that an earlier process came to.
   * @throws M2atError `data` when the network or the images are not those that the run began with; `io`
   */
  async run(signal: AbortSignal): Promise<'done' | 'stopped'> {
    const { task, writer } = this;
    const { set } = task.images;
    const store = new AttackStore(writer.folder, task.plan, {
      set,
      indices: task.indices,
      eightBit: task.eightBit,
    });
    this.offGrid = task.eightBit ? await countOffGrid(set, task.indices) : 0;
    try {
      await this.deviceReporter.begin();
      await store.open();
      const from = await store.recover();
      writer.progress({ phase: 'compile', done: 0, total: 0, unit: 'steps' });
      const found = from?.check ?? (await this.checkGradients());
      const planned = found.gradientInside === true ? undefined : this.evaluator;
      const bound = planned ?? this.evaluatorFor(found);
      this.evaluator = bound;
      this.notes = await bound.notes();
      if (from) await this.goOn(from, store, bound, signal);
      else this.check = { ...found, randomness: await this.randomnessOf(bound) };
      const start = performance.now();
      let before: number | undefined;
      const onProgress = (progress: EvaluationProgress): void => {
        before ??= from ? passesDone(progress) : 0;
        this.progress(progress, { start, before });
      };
      const options = { ...task, set, signal, onProgress };
      const clean = from?.clean ?? (await bound.classifyClean(options));
      if (!from) {
        await this.lookAtClean(clean, bound, (performance.now() - start) / 1000, signal);
        await this.galleries.begin(clean);
        await store.begin(clean, this.check);
        await this.tellClean(clean);
      }
      const state = bound.begin(options, clean);
      for await (const batch of bound.batches(state, options, from?.batches)) {
        await this.galleries.add(batch, store);
        await store.add(batch);
        await this.counted(batch.count());
      }
      await this.update(state.result());
      await this.galleries.finish();
      await this.recordArrays(store);
      return 'done';
    } catch (error) {
      if (!isCancelled(error)) throw error;
      await this.reportStop();
      await this.recordArrays(store);
      return 'stopped';
    } finally {
      await this.dispose();
      await store.close();
    }
  }

  /** The arrays stay as they are from here on. */
  private async recordArrays(store: AttackStore): Promise<void> {
    const { writer } = this;
    const arrays = await store.checksums();
    await writer.update({ checksums: { ...writer.record.checksums, arrays } });
  }

  /** How attacks have to take gradients is found out before any of them is bound to the network. */
  private async checkGradients(): ReturnType<typeof checkNetwork> {
    // Nothing follows gradients where only corruptions are measured.
    if (!this.attacksAny) return { zeroGradients: 0, checked: 0, probabilities: false };
    return checkNetwork(this.task.victim, await this.firstImages(this.checkedCount), this.checkProgram);
  }

  private get attacksAny(): boolean {
    return this.task.plan.attacks.length > 0;
  }

  private get checkedCount(): number {
    return Math.min(CHECKED, this.task.batchSize);
  }

  private evaluatorFor({ gradientInside }: Pick<NetworkCheck, 'gradientInside'>): Evaluator {
    const { victim, plan, batchSize, eightBit } = this.task;
    return new Evaluator(
      gradientInside && 'logits' in victim ? { ...victim, gradientInside } : victim,
      plan.attacks,
      batchSize,
      {
        groups: plan.attacks.map(({ group }) => group),
        curves: curveGroups(plan),
        smaller: smallerBatches(batchSize),
        once: true,
        eightBit,
      },
    );
  }

  private async randomnessOf(evaluator: Evaluator): Promise<number> {
    const { images } = await this.firstImages(this.checkedCount);
    return evaluator.largestDifference(images, PASSES);
  }

  /** @param seconds that classifying all images took */
  private async lookAtClean(
    clean: readonly Prediction[],
    evaluator: Evaluator,
    seconds: number,
    signal: AbortSignal,
  ): Promise<void> {
    const { classifier, victim, indices, images } = this.task;
    const labels = gatherLabels(images.set, indices);
    const right = clean.filter(({ label }, n) => label === labels[n]).length;
    const count = clean.length;
    const result = { accuracy: right / count, count, chance: 1 / victim.classes };
    const batch = await this.firstImages(Math.min(CHECKED, indices.length));
    const probe = await probeConventions(this.task, { ...batch, clean: result, seconds, evaluator, signal });
    if (probe) await this.writer.log('info', probeText(probe));
    const input = inputWarning(classifier, classifier.model, result, probe);
    if (input !== undefined) this.check = { ...this.check, input };
  }

  /** The first thing that people see: whether the network works at all on these images. */
  private async tellClean(clean: readonly Prediction[]): Promise<void> {
    const { images, indices } = this.task;
    const state = new EvaluationState(indices, gatherLabels(images.set, indices), clean);
    const report = this.reportOf(state.result());
    await this.writer.report(report);
    const right = state.correctPositions.length;
    const share = (100 * report.cleanAccuracy).toFixed(1);
    await this.writer.log('info', `Clean accuracy: ${share} % (${right} of ${clean.length} images).`);
    for (const warning of report.warnings) await this.writer.log('warn', warning);
  }

  /** Makes sure that a run which goes on is about the same network and images, and shows its pictures again. */
  private async goOn(
    from: JournalStart,
    store: AttackStore,
    evaluator: Evaluator,
    signal: AbortSignal,
  ): Promise<void> {
    const { task, writer } = this;
    const { images, labels } = await this.firstImages(Math.min(task.batchSize, task.indices.length));
    const now = await evaluator.predict(images, labels, signal);
    const differs = isRandom(from.check)
      ? false
      : now.some(({ loss }, n) => !isSameLoss(loss, from.clean[n]?.loss ?? NaN));
    if (from.clean.length !== task.indices.length || differs) {
      throw new M2atError('data', 'the network or the images are not those that the run began with', {
        where: task.classifier.modelFile,
        hint: 'Start a new attack.',
      });
    }
    this.check = from.check;
    await this.galleries.restore(from, store);
    const done = from.batches.length;
    await writer.log('info', `Going on after ${done} ${done === 1 ? 'batch' : 'batches'}.`);
  }

  private async firstImages(count: number): Promise<LabelledImages> {
    const { images, indices } = this.task;
    const first = indices.slice(0, count);
    return { images: await gatherImages(images.set, first), labels: gatherLabels(images.set, first) };
  }

  private async counted(evaluation: Evaluation): Promise<void> {
    await this.galleries.writeSometimes();
    this.reached = snapshot(evaluation);
    const start = performance.now();
    if (start < this.nextUpdateAt) return;
    await this.update(evaluation);
    const now = performance.now();
    this.nextUpdateAt = now + Math.max(UPDATE_PERIOD, PATIENCE * (now - start));
  }

  private async update(evaluation: Evaluation): Promise<void> {
    this.latest = this.analysed(this.reportOf(evaluation));
    await this.deviceReporter.refresh();
    await this.writer.report(this.latest);
  }

  /** The report says itself how far it goes, wherever it is read. */
  private async reportStop(): Promise<void> {
    const { reached, task, writer } = this;
    if (!reached) return;
    const report = this.reportOf(reached);
    await this.galleries.write();
    const stopped =
      `${STOPPED}: the accuracies cover ${report.count} of ${task.indices.length} images, ` +
      `with ${report.attacks.length} of ${task.plan.attacks.length} attacks.`;
    this.latest = this.analysed({ ...report, warnings: [stopped, ...report.warnings] });
    await writer.report(this.latest);
    await writer.log('warn', stopped);
  }

  private progress(
    progress: EvaluationProgress,
    { start, before }: { readonly start: number; readonly before: number },
  ): void {
    const now = performance.now();
    const { done, total, pass } = progress;
    if (done < total && now - this.progressAt < PROGRESS_PERIOD) return;
    this.progressAt = now;
    const passed = passesDone(progress);
    const elapsed = (now - start) / 1000;
    const secondsLeft = passed > before ? (elapsed * (pass.count - passed)) / (passed - before) : undefined;
    this.writer.progress({
      phase: 'attack',
      unit: 'images',
      ...progress,
      ...(secondsLeft === undefined ? {} : { secondsLeft }),
    });
  }

  private analysed(report: AttackReport): AttackReport {
    return { ...report, analysis: analyseReport(report, this.task.list) };
  }

  private reportOf(evaluation: Evaluation): AttackReport {
    const { task, check, notes, writer } = this;
    const { victim, plan } = task;
    const { groups } = plan;
    const { warning } = task.images;
    const ofAttacks = attackWarnings(evaluation, {
      list: task.list,
      classes: victim.classes,
      check,
      groups,
      planned: plan.attacks,
      notes,
      indices: task.indices,
      gradients: 'logits' in victim,
      dropsAt: task.classifier.model.dropsAt,
      offGrid: this.offGrid,
      averages: plan.attacks.some(({ parameters: { eotSamples = 1 } }) => eotSamples > 1),
    });
    const warnings = warning === undefined ? ofAttacks : [warning, ...ofAttacks];
    const { versions } = writer.record;
    const { device, classes } = victim;
    return reportOf(evaluation, { ...task, device, classes, versions, warnings });
  }
}

/** How many times all images were gone through, the parts of the last time included. */
function passesDone({ pass, done, total }: EvaluationProgress): number {
  return pass.index + done / Math.max(1, total);
}

/** A loss that is no finite number was stored as none. */
function isSameLoss(now: number, stored: number): boolean {
  return Number.isFinite(now) ? Math.abs(now - stored) < 1e-2 : !Number.isFinite(stored);
}

/** Outcomes grow; entries that are there stay as they are. */
function snapshot(evaluation: Evaluation): Evaluation {
  const attacks = evaluation.attacks.map((outcome) => ({ ...outcome, images: outcome.images.slice() }));
  return { ...evaluation, attacks };
}
