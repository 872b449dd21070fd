import { writeFile } from 'node:fs/promises';
import path from 'node:path';

/** How a process is busy for ever: in JavaScript, asleep in a call of the system's, or waiting for the network. */
const ways = {
  loop: 'for (;;);',
  native: 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);',
} as const;
export type Stuck = keyof typeof ways;

/** A process that {@link stuckScript} prepares never comes back from parsing JSON with this text in it. */
export const stuckMark = 'never comes back';

const say = `const say = () => require('node:fs').writeSync(2, 'stuck ' + process.pid + '\\n');`;

/**
 * Writes a script for Node.js's `--require` after which a process is busy in one call for ever, as soon as it parses
 * JSON that holds {@link stuckMark}. It writes a line `stuck PID` to its standard error first.
 */
export async function stuckScript(folder: string, how: Stuck): Promise<string> {
  return write(
    folder,
    how,
    `const { parse } = JSON;
    JSON.parse = (text, ...rest) => {
      if (String(text).includes(${JSON.stringify(stuckMark)})) { say(); ${ways[how]} }
      return parse(text, ...rest);
    };`,
  );
}

/** The same for a process that waits for a server which never answers. */
export async function silentServerScript(folder: string): Promise<string> {
  return write(
    folder,
    'fetch',
    `globalThis.fetch = () => { say(); return new Promise(() => setInterval(() => undefined, 60_000)); };`,
  );
}

async function write(folder: string, name: string, script: string): Promise<string> {
  const file = path.join(folder, `stuck-${name}.cjs`);
  await writeFile(file, `${say}\n${script}`);
  return file;
}
