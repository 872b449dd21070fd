import type { WriteStream } from 'node:tty';

/**
 * A line that is rewritten in place on a terminal. Elsewhere (a log file, CI) it is printed anew at most
 * every `quietSeconds`, so that a log stays readable.
 */
export class LiveLine {
  private shown = false;
  private lastPrinted = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly stream: WriteStream = process.stderr,
    private readonly quietSeconds = 10,
  ) {}

  update(text: string): void {
    if (this.stream.isTTY) {
      // Some terminals report a width of 0.
      const room = (this.stream.columns || 80) - 1;
      this.stream.write(`\r\u001b[2K${text.length > room ? `${text.slice(0, room - 1)}…` : text}`);
      this.shown = true;
      return;
    }
    const now = performance.now();
    if (now - this.lastPrinted < this.quietSeconds * 1000) return;
    this.lastPrinted = now;
    this.stream.write(`${text}\n`);
  }

  /** Prints a line that stays, above the live one. */
  print(text: string): void {
    this.clear();
    this.stream.write(`${text}\n`);
  }

  clear(): void {
    if (!this.shown) return;
    this.stream.write('\r\u001b[2K');
    this.shown = false;
  }
}
