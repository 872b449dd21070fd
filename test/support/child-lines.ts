import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/**
 * Resolves to the first line of a stream that matches.
 * @throws Error with what it wrote instead, once the stream has ended
 */
export function lineOf(stream: Readable | null, wanted: RegExp): Promise<RegExpExecArray> {
  return new Promise((resolve, reject) => {
    if (!stream) {
      reject(new Error('The process has no such stream.'));
      return;
    }
    const seen: string[] = [];
    createInterface({ input: stream })
      .on('line', (line) => {
        seen.push(line);
        const match = wanted.exec(line);
        if (match) resolve(match);
      })
      .once('close', () => {
        reject(new Error(`No line matches ${String(wanted)}:\n${seen.join('\n')}`));
      });
  });
}

export interface End {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Resolves when a process is gone, and everything that has inherited its streams. Call it at once after the start. */
export function endOf(child: ChildProcess): Promise<End> {
  return new Promise((resolve, reject) => {
    child.once('error', reject).once('close', (code, signal) => {
      resolve({ code, signal });
    });
  });
}
