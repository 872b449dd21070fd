// Child processes that share this process's terminal. Node built-ins only.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { root } from './root.mjs';

/**
 * Runs `node ...args` with inherited standard streams, and resolves to its exit code (128 + n for signal n).
 *
 * A Ctrl-C must reach the child once. A terminal sends it to the whole foreground group, the child included,
 * and npm passes it on to this process once more; so this process only stays alive for it. Without a terminal
 * the signal was for this process alone, and is handed on.
 */
export function runNode(args, options = {}) {
  return runChild(spawn(process.execPath, args, { cwd: root, stdio: 'inherit', ...options }));
}

/** The same; what it prints is kept, and printed at once when it has ended. */
export async function runNodeAside(args, options = {}) {
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], ...options });
  const printed = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => printed.push(part));
  try {
    return await runChild(child);
  } finally {
    process.stdout.write(Buffer.concat(printed));
  }
}

function runChild(child) {
  const onTerminal = process.platform === 'win32' || [0, 1, 2].some(isTerminal);
  let interrupted = false;
  const onInterrupt = () => {
    if (!onTerminal && !interrupted) child.kill('SIGINT');
    interrupted = true;
  };
  const onTerminate = () => child.kill('SIGTERM');
  process.on('SIGINT', onInterrupt).on('SIGTERM', onTerminate);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
  }).finally(() => {
    process.off('SIGINT', onInterrupt).off('SIGTERM', onTerminate);
  });
}

function isTerminal(fd) {
  return Boolean([process.stdin, process.stdout, process.stderr][fd].isTTY);
}
