import { runFile } from '../records/run-paths';
import { saveCheckpoint, type CheckpointState } from '../runs/checkpoint-store';
import type { RunWriter } from '../runs/run-writer';
import type { DivergenceGuard } from './divergence-guard';
import type { PreparedRun } from './prepared-run';

/** Saves the checkpoints of a training run: none whose weights are not finite. */
export class TrainingCheckpoints {
  /** Whether `checkpoints/last` holds a checkpoint that is known to be whole: it is kept when the next one is saved. */
  private keepsLast: boolean;

  constructor(
    private readonly prepared: PreparedRun,
    private readonly writer: RunWriter,
    private readonly guard: DivergenceGuard,
  ) {
    this.keepsLast = prepared.fromLatest;
  }

  /**
   * @param step that the trainer is at
   * @param stateNow what the checkpoint says of itself; asked for once the device is done
   * @throws DivergedError
   */
  async save(
    folder: string,
    step: number,
    stateNow: () => CheckpointState | Promise<CheckpointState>,
  ): Promise<void> {
    const { trainer, device } = this.prepared;
    await device.synchronize();
    // Steps look for that themselves, but a GPU may compute as if there were no NaN.
    const weights = [trainer.model, trainer.trained].flatMap((model) => model.weights);
    this.guard.weights(step, allFinite(weights.map((weight) => weight.read().dataSync())));
    const state = await stateNow();
    const isLast = folder === runFile.lastCheckpoint;
    const content = { model: trainer.model, velocities: trainer.step.state, state };
    await saveCheckpoint(this.writer.file(folder), content, { keepsReplaced: isLast && this.keepsLast });
    if (isLast) this.keepsLast = true;
    this.guard.saved(state.step);
  }
}

function allFinite(arrays: readonly Iterable<number>[]): boolean {
  return arrays.every((array) => {
    for (const value of array) if (!Number.isFinite(value)) return false;
    return true;
  });
}
