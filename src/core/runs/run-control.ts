const LONG_MS = 3_600_000;

/** What can be asked of a training run while it goes on, beside its end. */
export class RunControl {
  private evaluation = false;
  private pausing = new AbortController();
  private goOn: (() => void) | undefined;
  private readonly listeners = new Set<() => void>();
  private readonly idleListeners = new Set<(isIdle: boolean) => void>();

  /** Aborts when the run at work is to be saved and the device left: another one each time. */
  get pauseSignal(): AbortSignal {
    return this.pausing.signal;
  }

  get paused(): boolean {
    return this.pausing.signal.aborted;
  }

  /** Saves the run at work and leaves the device, until {@link resume}. */
  pause(): void {
    if (this.paused) return;
    this.pausing.abort();
    this.tell();
  }

  resume(): void {
    if (!this.paused) return;
    this.pausing = new AbortController();
    this.goOn?.();
    this.tell();
  }

  /** Evaluates the network after the step at hand. */
  evaluate(): void {
    this.evaluation = true;
  }

  /** Whether an evaluation was asked for since this was called last. */
  takeEvaluation(): boolean {
    const asked = this.evaluation;
    this.evaluation = false;
    return asked;
  }

  /** Calls the listener after each pause and resumption. */
  onChange(listener: () => void): void {
    this.listeners.add(listener);
  }

  /** Calls the listener when a paused run has been saved and its device left, and when it goes on. */
  onIdle(listener: (isIdle: boolean) => void): void {
    this.idleListeners.add(listener);
  }

  /** Resolves when it is not paused any more, or the signal aborts. */
  async untilResumed(signal: AbortSignal): Promise<void> {
    if (!this.paused || signal.aborted) return;
    // Nothing else keeps a process alive that only waits to be told.
    const alive = setInterval(() => undefined, LONG_MS);
    for (const listener of this.idleListeners) listener(true);
    await new Promise<void>((resolve) => {
      this.goOn = resolve;
      signal.addEventListener('abort', () => {
        resolve();
      });
    });
    clearInterval(alive);
    for (const listener of this.idleListeners) listener(false);
    this.goOn = undefined;
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }
}
