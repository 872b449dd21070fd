import { gatherImages, gatherLabels } from '../../data/batch';
import type { ImageSource } from '../../data/image-source';
import type { CompiledProgram } from '../../engine/devices/device';
import { readArray, releaseArray } from '../../engine/arrays/device-array';
import { float32, sizeOf, type NdArray } from '../../engine/arrays/nd-array';
import { M2atError } from '../../errors';
import type { Attack, AttackContext } from '../base/attack';
import { evenSize, gatherRows, joinRows, paddedRows } from '../base/batch-rows';
import { cancellationPoint } from '../../cancellation';
import { eightBitExamples, withSurvivors, type Judges } from './eight-bit-examples';
import { padImages } from '../base/padding';
import {
  EvaluationState,
  type Attacked,
  type EnteredBatch,
  type Evaluation,
  type GrowingOutcome,
} from './evaluation';
import { isBlackBox } from '../plan/attack-list';
import type { ForwardVictim } from '../base/forward-victim';
import { firstFloat32 } from '../base/outputs';
import { attackKeys, imageStream, type AttackKey } from '../base/image-streams';
import { isTakenFor, readPredictions, readRankedPredictions, type Prediction } from '../base/predictions';
import { attackTitle } from '../plan/attack-title';
import type { ResolvedAttack } from '../plan/resolve-attack';
import { emptyPool, startPoolOf, type StartPool } from '../base/start-pool';
import type { AttackParameters } from '../parameters/attack-parameters';
import { isTargeted, needsRanks, targetRuleOf } from '../parameters/target-rule';
import { chooseTargets } from '../base/targets';
import type { Victim } from '../base/victim';

/** One batch of one attack, judged but not counted yet. */
export interface JudgedBatch {
  readonly attackIndex: number;
  /** Counts the batches of the attack. */
  readonly batch: number;
  readonly entered: EnteredBatch;
  /** Image n of `clean` and `adversarial` belongs to `entered.positions[n]`. */
  readonly clean: NdArray<'float32'>;
  readonly adversarial: NdArray<'float32'>;
  readonly predictions: readonly Prediction[];
  /** That the attack took so far. */
  readonly seconds: number;
}

/** A batch that whoever takes it keeps what it wants of, and then counts: before the next one. */
export interface AttackedBatch extends JudgedBatch {
  /** Enters it into the evaluation. @returns the evaluation so far */
  count(): Evaluation;
}

/** What is left of a batch that was judged in an earlier process. */
export type StoredBatch = Pick<JudgedBatch, 'attackIndex' | 'batch' | 'entered' | 'seconds'>;

/** Which pass over the images an evaluation is in, and how far: one without an attack, and one an attack. */
export interface EvaluationProgress {
  /** 0: without an attack; n: the n-th attack. */
  readonly pass: { readonly index: number; readonly count: number };
  /** Images that this pass is through with, those included that the attack has to leave out. */
  readonly done: number;
  readonly total: number;
  readonly detail: string;
}

export interface EvaluateOptions {
  readonly set: ImageSource;
  /** The images to evaluate on. */
  readonly indices: ArrayLike<number>;
  /** Keys the attacks' random starts: the same seed gives the same starts in every evaluation. */
  readonly seed: number;
  readonly signal: AbortSignal;
  /** The classes that attacks with the target `file` aim at, an entry an image of `indices`. */
  readonly targets?: ArrayLike<number> | undefined;
  readonly onProgress?: (progress: EvaluationProgress) => void;
}

export interface EvaluatorOptions {
  /** For each attack a number: those with the same one are an ensemble. Absent: every attack stands alone. */
  readonly groups?: readonly number[] | undefined;
  /** For each attack: it is measured on the first so many images. Absent: on all. */
  readonly counts?: readonly number[] | undefined;
  /** Groups that only draw a curve. */
  readonly curves?: ReadonlySet<number> | undefined;
  /** The evaluator is used once, or seldom: an attack that is through frees its programs. */
  readonly once?: boolean | undefined;
  /** Smaller batch sizes that a batch may be padded to; absent: all batches are of the full size. */
  readonly smaller?: readonly number[] | undefined;
  /** Examples are put on the 8-bit grid before they are judged. */
  readonly eightBit?: boolean | undefined;
}

interface BatchOptions extends Omit<EvaluateOptions, 'targets'>, Pick<AttackContext, 'startPool'> {
  /** By position; undefined for an untargeted attack. */
  readonly targets: Int32Array | undefined;
}

interface EvaluatedAttack extends ResolvedAttack {
  readonly key: AttackKey;
  /** Binds it when it is needed first. */
  readonly bound: () => Promise<Attack>;
}

/**
 * Measures clean and robust accuracy. Only images that are classified correctly are attacked, and a clean
 * error counts as not robust; an attack of an ensemble leaves out what those before it have broken. Every adversarial
 * example is checked outside the attack, on its float32 values: norm, range, and a forward pass of its own.
 */
export class Evaluator {
  private readonly classify: Pick<CompiledProgram, 'dispose'> & {
    run(images: NdArray<'float32'>): Promise<readonly NdArray[]>;
  };
  private readonly attacks: readonly EvaluatedAttack[];
  /** Of the batches that programs see, ascending. */
  private readonly sizes: readonly number[];
  private readonly classes: number;
  private readonly fullSize: number;
  /** Those that were needed. */
  private readonly bound: (Promise<Attack> | undefined)[] = [];

  /**
   * @param batchSize of full batches. The last one is padded, since each shape is a compilation of its own; and all are
   * padded to an even size, so that an image's result does not depend on the size.
   */
  constructor(
    victim: Victim | ForwardVictim,
    attacks: readonly ResolvedAttack[],
    private readonly batchSize: number,
    private readonly options: EvaluatorOptions = {},
  ) {
    this.classes = victim.classes;
    if ('scores' in victim) {
      const { scores } = victim;
      this.classify = {
        run: async (images) => [await scores.logits(images)],
        dispose: () => Promise.resolve(),
      };
    } else {
      this.classify = victim.device.compile('classify', (images) => [victim.logits(images)]);
    }
    const keys = attackKeys(attacks.map(({ parameters }) => parameters));
    this.attacks = attacks.map(({ definition, parameters }, n) => ({
      definition,
      parameters,
      key: keys[n] ?? { name: definition.name, repeat: 0 },
      bound: () => (this.bound[n] ??= definition.bind(victim, parameters)),
    }));
    const smaller = (options.smaller ?? []).filter((size) => size < batchSize);
    const sizes = [...smaller, batchSize].map(evenSize);
    this.sizes = [...new Set(sizes)].sort((a, b) => a - b);
    this.fullSize = evenSize(batchSize);
  }

  /** What the attacks have to say about how they treat this victim, in the order of the attacks. */
  async notes(): Promise<readonly (readonly string[])[]> {
    const attacks = await Promise.all(this.attacks.map(({ bound }) => bound()));
    return attacks.map(({ notes }) => notes ?? []);
  }

  /**
   * The parts of an evaluation for `planMemory` of a device, each with a full batch: the classification, then each attack.
   * Programs give zeros then, so that no image falls as long as 0 is its label.
   */
  partsFor(set: ImageSource, indices: readonly number[], signal: AbortSignal): (() => Promise<unknown>)[] {
    const chosen = Array.from({ length: this.fullSize }, (_, n) => indices[n % indices.length] ?? 0);
    let gathered: Promise<NdArray<'float32'>> | undefined;
    const read = (): Promise<NdArray<'float32'>> => (gathered ??= gatherImages(set, chosen, signal));
    const labels = new Int32Array(chosen.length);
    return [
      async () => this.classify.run(await read()),
      ...this.attacks.map(({ bound, parameters, key }) => async () => {
        const [attack, images] = [await bound(), await read()];
        const targetClasses = isTargeted(parameters) ? labels.map(() => 1) : undefined;
        const streams = chosen.map((index) => imageStream(0, key, index));
        return attack.perturb(
          { images, labels, targetClasses },
          { streams, startPool: () => Promise.resolve(emptyPool), signal },
        );
      }),
    ];
  }

  /** Classifies the images and attacks them. @throws M2atError `cancelled` */
  async evaluate(options: EvaluateOptions): Promise<Evaluation> {
    const state = this.begin(options, await this.classifyClean(options));
    for await (const batch of this.batches(state, options)) batch.count();
    return state.result();
  }

  /** Predictions on the images as they are. @throws M2atError `cancelled` */
  async classifyClean({ set, indices, signal, onProgress }: EvaluateOptions): Promise<Prediction[]> {
    const labels = gatherLabels(set, indices);
    const ranked = this.attacks.some(({ parameters }) => needsRanks(targetRuleOf(parameters)));
    const read = ranked ? readRankedPredictions : readPredictions;
    const predictions: Prediction[] = [];
    for (let from = 0; from < indices.length; from += this.batchSize) {
      const to = Math.min(indices.length, from + this.batchSize);
      const images = await gatherImages(set, slice(indices, from, to), signal);
      predictions.push(...(await this.predict(images, labels.subarray(from, to), signal, read)));
      const pass = { index: 0, count: 1 + this.attacks.length };
      onProgress?.({ pass, done: to, total: indices.length, detail: 'clean images' });
    }
    return predictions;
  }

  /** The evaluation of images before any attack. */
  begin({ set, indices }: EvaluateOptions, clean: readonly Prediction[]): EvaluationState {
    return new EvaluationState(indices, gatherLabels(set, indices), clean, this.options.curves);
  }

  /**
   * Attacks the images, one batch after the other.
   * @param state fills: with what is restored, and as batches are counted
   * @param restored batches of an earlier process, to the same numbers as if it had not been stopped
   * @throws M2atError `cancelled`; `data` when those batches belong to another evaluation
   */
  async *batches(
    state: EvaluationState,
    options: EvaluateOptions,
    restored: readonly StoredBatch[] = [],
  ): AsyncGenerator<AttackedBatch, void, undefined> {
    const { onProgress } = options;
    const { labels, clean } = state;
    const startPool = this.startPoolOf(options);
    for (const [attackIndex, attack] of this.attacks.entries()) {
      const { parameters } = attack;
      const targets = this.targetsOf(parameters, options, labels, clean);
      const { groups, counts } = this.options;
      const outcome = state.begin(attack, groups?.[attackIndex], targets, counts?.[attackIndex]);
      const queue = state.open(outcome);
      const stored = restored.filter((batch) => batch.attackIndex === attackIndex);
      let next = restore(state, outcome, queue, stored);
      const tell = (): void => {
        onProgress?.({
          pass: { index: 1 + attackIndex, count: 1 + this.attacks.length },
          done: outcome.images.length,
          total: outcome.count,
          detail: attackTitle(attack),
        });
      };
      tell();
      const start = performance.now() - 1000 * outcome.seconds;
      for (let batch = stored.length; next < queue.length; batch++) {
        const positions = queue.slice(next, next + this.batchSize);
        next += positions.length;
        const judges = this.judgesOf(positions, { labels, targets }, options.signal);
        const told = { ...options, startPool, targets };
        const done = await this.attackBatch(told, attack, positions, labels, judges);
        const entered = await withSurvivors(state.judge(outcome, positions, done), done.adversarial, judges);
        outcome.seconds = (performance.now() - start) / 1000;
        const { seconds } = outcome;
        const last = next === queue.length;
        const count = (): Evaluation => {
          state.enter(outcome, entered, last);
          tell();
          return state.result();
        };
        yield { attackIndex, batch, entered, ...done, seconds, count };
      }
      state.finish(outcome);
      tell();
      if (this.options.once) await this.free(attackIndex);
    }
  }

  /**
   * The largest difference between the logits of several passes over the same images: 0, or nearly so, unless the
   * network draws random numbers.
   * @param images no more than a full batch
   */
  async largestDifference(images: NdArray<'float32'>, passes: number): Promise<number> {
    const padded = padImages(images, this.fullSize);
    const first = firstFloat32(await this.classify.run(padded)).data.slice();
    let largest = 0;
    for (let pass = 1; pass < passes; pass++) {
      const { data } = firstFloat32(await this.classify.run(padded));
      largest = data.reduce(
        // What is no number says nothing about the others.
        (found, value, i) => Math.max(found, Math.abs(value - (first[i] ?? NaN)) || 0),
        largest,
      );
    }
    return largest;
  }

  /** Predictions on images that need not come from a set. @throws M2atError `cancelled` */
  async predict(
    images: NdArray<'float32'>,
    labels: Int32Array,
    signal: AbortSignal,
    read = readPredictions,
  ): Promise<Prediction[]> {
    return read(await this.logits(images, signal), labels);
  }

  async dispose(): Promise<void> {
    await this.classify.dispose();
    for (const attackIndex of this.attacks.keys()) await this.free(attackIndex);
  }

  /**
   * The logits of any number of images.
   * @throws M2atError `cancelled`
   */
  async logits(images: NdArray<'float32'>, signal: AbortSignal): Promise<NdArray<'float32'>> {
    const [count = 0, ...shape] = images.shape;
    const size = sizeOf(shape);
    const parts: NdArray<'float32'>[] = [];
    for (let from = 0; from < count; from += this.batchSize) {
      await cancellationPoint(signal);
      const to = Math.min(count, from + this.batchSize);
      const part = float32(images.data.subarray(from * size, to * size), [to - from, ...shape]);
      const found = firstFloat32(await this.classify.run(padImages(part, this.fullSize)));
      const classes = found.shape[1] ?? 1;
      // A copy: on some devices the array is a view that the next run overwrites.
      parts.push(float32(found.data.slice(0, (to - from) * classes), [to - from, classes]));
    }
    return joinRows(parts);
  }

  private async free(attackIndex: number): Promise<void> {
    const bound = this.bound[attackIndex];
    this.bound[attackIndex] = undefined;
    await (await bound)?.dispose();
  }

  /** The class that each image is to be taken for, by position; undefined for an untargeted attack. */
  private targetsOf(
    parameters: AttackParameters,
    { indices, seed, targets: given }: EvaluateOptions,
    labels: Int32Array,
    clean: readonly Prediction[],
  ): Int32Array | undefined {
    const rule = targetRuleOf(parameters);
    if (rule === undefined) return undefined;
    return chooseTargets(rule, { labels, clean, indices, seed, classes: this.classes, given });
  }

  /** The images that attacks may start from, classified once, if at all: the network stays as it is meanwhile. */
  private startPoolOf({ set, signal }: EvaluateOptions): () => Promise<StartPool> {
    let pool: Promise<StartPool> | undefined;
    return () => (pool ??= startPoolOf(set, (images) => this.logits(images, signal)));
  }

  /** Passes over (a part of) a batch are padded to its size: another one could be another compilation. */
  private judgesOf(
    positions: readonly number[],
    { labels, targets }: { labels: Int32Array; targets: Int32Array | undefined },
    signal: AbortSignal,
  ): Judges {
    const size = this.sizeFor(positions.length);
    const labelOf = (row: number): number => labels[positions[row] ?? 0] ?? 0;
    return {
      classify: async (images, rows) => {
        await cancellationPoint(signal);
        const logits = firstFloat32(await this.classify.run(padImages(images, size)));
        return readPredictions(logits, rows.map(labelOf));
      },
      fools: (prediction, row) =>
        prediction !== undefined &&
        (targets
          ? isTakenFor(prediction, targets[positions[row] ?? 0] ?? -1)
          : prediction.label !== labelOf(row)),
    };
  }

  /** What a batch of so many images is padded to. */
  private sizeFor(count: number): number {
    return this.sizes.find((candidate) => candidate >= count) ?? this.fullSize;
  }

  private async attackBatch(
    { set, indices, seed, signal, startPool, targets }: BatchOptions,
    attack: EvaluatedAttack,
    positions: readonly number[],
    allLabels: Int32Array,
    judges: Judges,
  ): Promise<Attacked> {
    const chosen = positions.map((position) => indices[position] ?? 0);
    const labels = Int32Array.from(positions, (position) => allLabels[position] ?? 0);
    const clean = await gatherImages(set, chosen, signal);
    const size = this.sizeFor(positions.length);
    // A query of a padding image costs as much as any other, and those attacks take batches of every size.
    const rows = paddedRows([...positions.keys()], isBlackBox(attack.definition) ? positions.length : size);
    const batch = {
      images: gatherRows(clean, rows),
      labels: Int32Array.from(rows, (row) => labels[row] ?? 0),
      targetClasses: targets && Int32Array.from(rows, (row) => targets[positions[row] ?? 0] ?? 0),
    };
    const streams = rows.map((row) => imageStream(seed, attack.key, chosen[row] ?? 0));
    const withoutStart = new Set<number>();
    const onNoStart = (row: number): void => {
      if (row < positions.length) withoutStart.add(row);
    };
    const bound = await attack.bound();
    const found = await bound.perturb(batch, { streams, startPool, onNoStart, signal });
    try {
      const { data } = await readArray(found);
      // A copy: on some devices the array is a view that the next run overwrites.
      const adversarial = { ...clean, data: data.slice(0, clean.data.length) };
      const examples = this.options.eightBit
        ? await eightBitExamples({ clean, adversarial }, attack, judges)
        : { clean, adversarial, predictions: await judges.classify(adversarial, [...positions.keys()]) };
      return { ...examples, withoutStart };
    } finally {
      releaseArray(found);
    }
  }
}

/** Enters the batches of an earlier process. @returns how many images of the queue they were */
function restore(
  state: EvaluationState,
  outcome: GrowingOutcome,
  queue: readonly number[],
  stored: readonly StoredBatch[],
): number {
  let next = 0;
  for (const { entered, seconds } of stored) {
    const { positions } = entered;
    if (positions.some((position, n) => position !== queue[next + n])) {
      throw new M2atError('data', 'the stored state belongs to another evaluation');
    }
    next += positions.length;
    outcome.seconds = seconds;
    state.enter(outcome, entered, next === queue.length);
  }
  return next;
}

function slice(indices: ArrayLike<number>, from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, n) => indices[from + n] ?? 0);
}
