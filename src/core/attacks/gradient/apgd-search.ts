import type { CompiledProgram } from '../../engine/devices/device';
import { readArray, releaseArray, type ProgramInput } from '../../engine/arrays/device-array';
import { float32, int32, scalar, type NdArray } from '../../engine/arrays/nd-array';
import { apgdRecord, apgdState, compileApgd, type ApgdProgramOptions, type ApgdState } from './apgd-program';
import { apgdStages, type ApgdStage } from './apgd-schedule';
import { CallPace } from '../base/call-pace';
import { bucketFor, gatherRows, paddedRows } from '../base/batch-rows';
import { cancellationPoint } from '../../cancellation';
import { floatsOnDevice } from '../base/outputs';
import { inFewerPasses, type Victim } from '../base/victim';

export interface ApgdOptions extends ApgdProgramOptions {
  readonly epsilon: number;
  readonly steps: number;
}

/** What one search starts from. */
export interface ApgdStart {
  /** float32 [N, H, W, C] in [0, 1]. */
  readonly images: NdArray<'float32'>;
  /** Added to the images; what is outside of [0, 1] or of the ball is projected. */
  readonly noise: NdArray<'float32'>;
  /** One-hot, [N, classes]. */
  readonly labels: NdArray<'float32'>;
  /** One-hot; the labels again for a loss without targets. */
  readonly targets: NdArray<'float32'>;
}

type State = ApgdState<ProgramInput<'float32'>>;
type Fixed = Pick<ApgdStart, 'images' | 'labels' | 'targets'>;

/** A batch under attack. Images that have fallen leave it at checkpoints, when that makes a smaller batch. */
interface Running {
  fixed: Fixed;
  state: State;
  /** Where the result of each row belongs; -1 for padding. */
  positions: readonly number[];
}

/** The first step size, in epsilons. */
const FIRST_STEP = { linf: 2, l2: 2, l1: 1 };

/** Auto-PGD from one start. The steps between two checkpoints, and the checkpoint, are one call if that is short. */
export class ApgdSearch {
  private readonly program: CompiledProgram;
  private readonly pace: CallPace;

  constructor(
    private readonly victim: Victim,
    private readonly options: ApgdOptions,
    secondsPerCall?: number,
  ) {
    this.pace = new CallPace(victim.device, secondsPerCall);
    this.program = compileApgd(inFewerPasses(victim), options);
  }

  /**
   * @returns for each image the first iterate that fools (of a random network the last), or the one with the highest loss
   * @throws M2atError `cancelled`
   */
  async run({ images, noise, labels, targets }: ApgdStart, signal: AbortSignal): Promise<NdArray<'float32'>> {
    const { norm, epsilon, steps } = this.options;
    const result = float32(images.data.slice(), images.shape);
    const noisy = images.data.map((value, i) => value + (noise.data[i] ?? 0));
    const stages = apgdStages(norm, epsilon, steps);
    let start: NdArray<'float32'> = float32(noisy, images.shape);
    for (const [n, stage] of stages.entries()) {
      const last = n === stages.length - 1;
      const running = await this.begin({ images, labels, targets }, start, stage, signal);
      try {
        await this.climb(running, stage, last ? result : undefined, signal);
        if (last) await finish(running, result);
        else start = await readArray(running.state.best);
      } finally {
        releaseState(running.state);
      }
    }
    return result;
  }

  dispose(): Promise<void> {
    return this.program.dispose();
  }

  /** Loss and gradient at the start: a step of length 0, which also projects the start. */
  private async begin(
    fixed: Fixed,
    x: NdArray<'float32'>,
    stage: ApgdStage,
    signal: AbortSignal,
  ): Promise<Running> {
    const [count = 0] = x.shape;
    const zeros = float32(new Float32Array(x.data.length), x.shape);
    const vector = (value: number): NdArray<'float32'> =>
      float32(new Float32Array(count).fill(value), [count]);
    const raw: State = {
      x,
      previous: x,
      gradient: zeros,
      best: x,
      bestGradient: zeros,
      fooling: x,
      fooled: vector(0),
      bestLoss: vector(-Infinity),
      stepSize: vector(0),
      improvements: vector(0),
      loss: vector(0),
      halved: vector(1),
      checkedLoss: vector(0),
      moved: vector(0),
      changed: vector(0),
      blend: scalar(1),
    };
    await cancellationPoint(signal);
    const first = await this.call(fixed, raw, stage.epsilon, 1, { length: 1, check: true });
    const state: State = {
      ...first,
      stepSize: vector(FIRST_STEP[this.options.norm] * stage.epsilon),
      improvements: vector(0),
      // The reference compares the first loss with the 0 of an empty table.
      loss: vector(0),
      halved: vector(1),
      checkedLoss: first.bestLoss,
      blend: scalar(1),
    };
    releaseState(first, state);
    return { fixed, state, positions: Array.from({ length: count }, (_, n) => n) };
  }

  /** @param result takes the images that fall on the way; absent: a stage of a larger epsilon, where that means nothing */
  private async climb(
    running: Running,
    stage: ApgdStage,
    result: NdArray<'float32'> | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    for (const [n, interval] of stage.intervals.entries()) {
      if (result && !this.victim.random && (await this.compact(running, result))) return;
      const length = stage.lengths[n] ?? interval;
      for (let done = 0; done < interval;) {
        const now = Math.min(interval - done, this.pace.affordable(running.positions.length));
        done += now;
        await cancellationPoint(signal);
        const check = done === length;
        const next = await this.call(running.fixed, running.state, stage.epsilon, now, { length, check });
        releaseState(running.state, next);
        running.state = next;
      }
    }
  }

  /** Takes out what has fallen, where that makes a smaller batch. Returns true when nothing is left. */
  private async compact(running: Running, result: NdArray<'float32'>): Promise<boolean> {
    const { data: fooled } = await readArray(running.state.fooled);
    const open = running.positions.flatMap((position, row) => (position >= 0 && !fooled[row] ? [row] : []));
    if (open.length === 0) return true;
    const whole = result.shape[0] ?? 1;
    const size = bucketFor(open.length, whole);
    if (size >= running.positions.length) return false;
    await finish(running, result);
    const rows = paddedRows(open, size);
    const read = await Promise.all(apgdState.map((key) => readArray(running.state[key])));
    const state = apgdRecord((index) => {
      const array = read[index] ?? scalar(0);
      return array.shape.length === 0 ? array : gatherRows(array, rows);
    });
    releaseState(running.state, state);
    const { images, labels, targets } = running.fixed;
    running.fixed = {
      images: gatherRows(images, rows),
      labels: gatherRows(labels, rows),
      targets: gatherRows(targets, rows),
    };
    running.positions = rows.map((row, n) => (n < open.length ? (running.positions[row] ?? -1) : -1));
    running.state = state;
    return false;
  }

  private async call(
    { images, labels, targets }: Fixed,
    state: State,
    epsilon: number,
    steps: number,
    { length, check }: { readonly length: number; readonly check: boolean },
  ): Promise<State> {
    const outputs = await this.pace.timed(steps * (images.shape[0] ?? 1), () =>
      this.program.runOnDevice(
        images,
        labels,
        targets,
        scalar(epsilon),
        int32(Int32Array.of(steps), []),
        scalar(length),
        scalar(check ? 1 : 0),
        ...apgdState.map((key) => state[key]),
      ),
    );
    const floats = floatsOnDevice(outputs);
    return apgdRecord((index) => floats[index] ?? scalar(0));
  }
}

/** Writes each image's outcome so far into the result. */
async function finish({ state, positions }: Running, result: NdArray<'float32'>): Promise<void> {
  const [{ data: fooled }, fooling, best] = await Promise.all([
    readArray(state.fooled),
    readArray(state.fooling),
    readArray(state.best),
  ]);
  const size = result.data.length / (result.shape[0] ?? 1);
  for (const [row, position] of positions.entries()) {
    if (position < 0) continue;
    const from = fooled[row] ? fooling : best;
    result.data.set(from.data.subarray(row * size, (row + 1) * size), position * size);
  }
}

/** Frees the arrays of a state that `kept` doesn't use. */
function releaseState(state: State, kept?: State): void {
  const used = new Set<ProgramInput>(kept ? Object.values(kept) : []);
  for (const array of new Set(Object.values(state))) if (!used.has(array)) releaseArray(array);
}
