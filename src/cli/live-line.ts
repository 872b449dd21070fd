import { printable } from '../core/printable';
import { messages, type Output } from './terminal';

/**
 * A line that is rewritten in place on a terminal. Elsewhere (a log file, CI) it is printed anew at most
 * every `quietSeconds`, so that a log stays readable.
 */
export class LiveLine {
  private shown = false;
  private lastPrinted = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly output: Output = messages,
    private readonly quietSeconds = 10,
  ) {}

  update(text: string): void {
    if (this.output.isTerminal) {
      const shown = printable(text);
      // Some terminals report a width of 0.
      const room = (this.output.columns || 80) - 1;
      this.output.redraw(shown.length > room ? `${shown.slice(0, room - 1)}…` : shown);
      this.shown = true;
      return;
    }
    const now = performance.now();
    if (now - this.lastPrinted < this.quietSeconds * 1000) return;
    this.lastPrinted = now;
    this.output.write(`${text}\n`);
  }

  /** Prints a line that stays, above the live one. */
  print(text: string): void {
    this.clear();
    this.output.write(`${text}\n`);
  }

  clear(): void {
    if (!this.shown) return;
    this.output.redraw('');
    this.shown = false;
  }
}
