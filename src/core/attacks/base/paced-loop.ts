import type * as tf from '@tensorflow/tfjs';
import type { CompiledProgram, Device } from '../../engine/devices/device';
import { releaseArray, type DeviceArray, type ProgramInput } from '../../engine/arrays/device-array';
import { int32 } from '../../engine/arrays/nd-array';
import { repeat } from '../../engine/ops/repeat';
import { cancellationPoint } from '../../cancellation';
import { CallPace } from './call-pace';

/** One step of a loop: the new value of every state tensor, each a new tensor of the same shape. */
export type LoopStep<State extends string, Constant extends string> = (
  state: Record<State, tf.Tensor>,
  constants: Record<Constant, tf.Tensor>,
) => Record<State, tf.Tensor>;

export interface LoopRun<State extends string, Constant extends string> {
  /** Values before the first step. Stay the caller's. */
  readonly state: Readonly<Record<State, ProgramInput>>;
  readonly constants: Readonly<Record<Constant, ProgramInput>>;
  readonly steps: number;
  /** Images in the batch, which the pace is reckoned by. */
  readonly count: number;
  readonly signal: AbortSignal;
  /** Asked after every `every` steps: true ends the loop. */
  readonly until?: {
    readonly every: number;
    done(state: Readonly<Record<State, DeviceArray>>): Promise<boolean>;
  };
}

/**
 * An iteration whose state stays on the device: one compiled loop for any number of steps, called for as many of them
 * at a time as take some two seconds, so that it can be cancelled. The result does not depend on how they are divided.
 */
export class PacedLoop<State extends string, Constant extends string> {
  private readonly program: CompiledProgram;
  private readonly pace: CallPace;

  constructor(
    device: Device,
    name: string,
    private readonly stateNames: readonly State[],
    private readonly constantNames: readonly Constant[],
    step: LoopStep<State, Constant>,
    secondsPerCall?: number,
  ) {
    this.pace = new CallPace(device, secondsPerCall);
    this.program = device.compile(name, (steps, ...inputs) => {
      const constants = record(constantNames, inputs.slice(stateNames.length));
      return repeat(steps, inputs.slice(0, stateNames.length), (state) => {
        const next = step(record(stateNames, state), constants);
        return stateNames.map((key) => next[key]);
      });
    });
  }

  /**
   * @returns the state after the last step, on the device; the caller releases it
   * @throws M2atError `cancelled`
   */
  async run(run: LoopRun<State, Constant>): Promise<Record<State, DeviceArray>> {
    const { steps, count, signal, until } = run;
    const constants = this.constantNames.map((name) => run.constants[name]);
    let state: Readonly<Record<State, ProgramInput>> = run.state;
    for (let done = 0; ;) {
      const left = until ? Math.min(steps - done, until.every - (done % until.every)) : steps - done;
      const now = Math.min(left, this.pace.affordable(count));
      let next: Record<State, DeviceArray>;
      try {
        await cancellationPoint(signal);
        const inputs = [...this.stateNames.map((name) => state[name]), ...constants];
        const outputs = await this.pace.timed(now * count, () =>
          this.program.runOnDevice(int32(Int32Array.of(now), []), ...inputs),
        );
        next = record(this.stateNames, outputs);
      } finally {
        if (done > 0) this.release(state);
      }
      done += now;
      if (done === steps) return next;
      if (until && done % until.every === 0 && (await this.ends(until, next))) return next;
      state = next;
    }
  }

  release(state: Readonly<Record<State, ProgramInput>>): void {
    for (const name of this.stateNames) releaseArray(state[name]);
  }

  dispose(): Promise<void> {
    return this.program.dispose();
  }

  private async ends(
    until: NonNullable<LoopRun<State, Constant>['until']>,
    state: Record<State, DeviceArray>,
  ): Promise<boolean> {
    try {
      return await until.done(state);
    } catch (error) {
      this.release(state);
      throw error;
    }
  }
}

function record<Name extends string, Value>(
  names: readonly Name[],
  values: readonly Value[],
): Record<Name, Value> {
  if (values.length !== names.length)
    throw new RangeError(`A loop has ${values.length} values for ${names.length} names.`);
  return Object.fromEntries(names.map((name, i) => [name, values[i]])) as Record<Name, Value>;
}
