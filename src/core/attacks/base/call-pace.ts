import type { Device } from '../../engine/devices/device';

/** A call can't be cancelled, so steps that take longer together are several calls. */
const SECONDS_PER_CALL = 2;

/** How many steps of a compiled loop one call does, from how long the latest call took. */
export class CallPace {
  /** Seconds for one step of one image. */
  private pace: number | undefined;

  constructor(
    private readonly device: Pick<Device, 'planning'>,
    private readonly secondsPerCall = SECONDS_PER_CALL,
  ) {}

  /** Steps that fit in a call, at least one. The first call takes one: it also compiles, for how long nobody knows. */
  affordable(count: number): number {
    if (this.pace === undefined) return 1;
    return Math.max(1, Math.floor(this.secondsPerCall / (this.pace * count)));
  }

  /** @param imageSteps steps of the call times images of its batch */
  async timed<T>(imageSteps: number, call: () => Promise<T>): Promise<T> {
    const start = performance.now();
    const result = await call();
    if (this.device.planning !== true) this.pace = (performance.now() - start) / 1000 / imageSteps;
    return result;
  }
}
