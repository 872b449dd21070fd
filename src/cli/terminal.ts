import { Console } from 'node:console';
import { Writable } from 'node:stream';
import { printable, printableJson, printableLines } from '../core/printable';

/** What of a standard stream is used. */
interface Stream {
  readonly isTTY: boolean;
  readonly columns: number;
  write(text: string): unknown;
  on(event: 'error', listener: () => void): unknown;
}

/**
 * A standard stream of the command line. Nothing goes past it: what a terminal would obey (names and messages may come
 * from anywhere) is shown as `\x1b` and the like, but for the codes that redraw a line, which are its own.
 */
export class Output {
  constructor(private readonly stream: Stream) {}

  get isTerminal(): boolean {
    return this.stream.isTTY;
  }

  /** Columns of the terminal; some report 0. */
  get columns(): number {
    return this.stream.columns;
  }

  /** Writes a text as it is, line breaks and all; what else has no shape becomes visible. */
  write(text: string): void {
    this.stream.write(printableLines(text));
  }

  /** One JSON value a line, for machines: escapes of JSON's own, so that the value is the same. */
  json(value: unknown): void {
    this.stream.write(`${printableJson(value)}\n`);
  }

  /** Draws over the line that the cursor is in. */
  redraw(line: string): void {
    this.stream.write(`\r\u001b[2K${printable(line)}`);
  }

  /** Its reader has gone away. */
  onBroken(listener: () => void): void {
    this.stream.on('error', listener);
  }
}

/** Results. */
export const output = new Output(process.stdout);
/** Progress, warnings and errors. */
export const messages = new Output(process.stderr);

/** What libraries print goes the same way; Node's console would write past it. */
export function guardConsole(): void {
  const stream = (to: Output): Writable =>
    new Writable({
      decodeStrings: false,
      write: (chunk: unknown, _encoding, done) => {
        to.write(String(chunk));
        done();
      },
    });
  globalThis.console = new Console({ stdout: stream(output), stderr: stream(messages) });
}
