/** At least so many milliseconds between two rows: about ten a second. */
const PERIOD = 100;

/** Decides which steps are told about, so that a fast run does not flood its files and its listeners. */
export class RowPace {
  private toldAt = -Infinity;
  private steps = 0;
  private seconds = 0;

  constructor(private readonly batchSize: number) {}

  /**
   * Counts a step that took `seconds`.
   * @param always tell about this one in any case
   * @returns undefined for a step to keep quiet about; otherwise the pace since the last one that was told
   */
  next(seconds: number, always: boolean): { readonly imagesPerSecond: number } | undefined {
    this.steps++;
    this.seconds += seconds;
    const now = performance.now();
    if (!always && now - this.toldAt < PERIOD) return undefined;
    const imagesPerSecond = this.seconds > 0 ? (this.steps * this.batchSize) / this.seconds : 0;
    this.toldAt = now;
    this.steps = 0;
    this.seconds = 0;
    return { imagesPerSecond };
  }
}
