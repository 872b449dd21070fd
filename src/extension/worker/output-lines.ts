import type { Readable } from 'node:stream';
import { LineCollector } from '../../core/files/read-lines';

/** The beginning of a longer line is passed on. */
export const MAX_LINE_BYTES = 64 << 10;
/** Characters that a process may put into the log in all: some hundred times what a long run writes. */
export const MAX_OUTPUT = 16 << 20;

export interface OutputListener {
  /** Every line, to its greatest length. */
  readonly onLine: (line: string) => void;
  /** Every line until there is too much; then one that says so, and no more. */
  readonly onOutput: (line: string) => void;
}

/**
 * Takes the lines of a process's stream, however much it writes: what is held is a line at most.
 * @returns resolves when the stream has ended
 */
export function outputLines(input: Readable | null, { onLine, onOutput }: OutputListener): Promise<void> {
  let left = MAX_OUTPUT;
  const lines = new LineCollector(MAX_LINE_BYTES, ({ text, cut }) => {
    const line = cut ? `${text} … (the rest of this line was left out)` : text.replace(/\r$/, '');
    onLine(line);
    if (left > 0) {
      left -= line.length;
      onOutput(left > 0 ? line : `More than ${MAX_OUTPUT} characters were written: the rest is left out.`);
    }
    return undefined;
  });
  return new Promise((resolve) => {
    if (!input) {
      resolve();
      return;
    }
    input.on('data', (chunk: Buffer) => lines.add(chunk));
    input.once('close', () => {
      lines.end();
      resolve();
    });
  });
}
