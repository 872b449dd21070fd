/** More of the time is told, where it is some seconds: the first steps of any training wait. */
const TOLD = 0.1;
const TOLD_SECONDS = 10;

/** Which share of a training its steps waited for their images. */
export class BatchWait {
  private waited = 0;
  private seconds = 0;

  /** @param seconds that a step took, in which it waited so long */
  add(seconds: number, waited: number): void {
    this.seconds += seconds;
    this.waited += waited;
  }

  /** In [0, 1]; 0 before the first step. */
  get share(): number {
    return this.seconds === 0 ? 0 : this.waited / this.seconds;
  }

  /** For the log; undefined where it is a tenth or less, or a moment. */
  get text(): string | undefined {
    if (this.share <= TOLD || this.waited < TOLD_SECONDS) return undefined;
    return (
      `The device waited ${Math.round(100 * this.share)} % of the time for images. Reading them is what takes long: ` +
      'pictures that are scaled to their size beforehand, a faster disk or more cores make the training faster.'
    );
  }
}
