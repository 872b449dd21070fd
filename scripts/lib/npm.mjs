// Runs npm without a shell, whatever started this process. Node built-ins only: nothing may be installed yet.
import { spawn } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import path from 'node:path';

function* candidates() {
  // npm tells the scripts it runs where it is; yarn and pnpm put themselves there too.
  const caller = process.env.npm_execpath;
  if (caller && /^npm(-cli)?\.[cm]?js$/.test(path.basename(caller))) yield caller;
  const beside = path.dirname(process.execPath);
  yield path.join(beside, 'node_modules', 'npm', 'bin', 'npm-cli.js');
  yield path.join(beside, '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js');
  for (const folder of (process.env.PATH || '').split(path.delimiter).filter(Boolean)) {
    yield path.join(folder, 'node_modules', 'npm', 'bin', 'npm-cli.js');
    const link = path.join(folder, 'npm');
    if (existsSync(link)) {
      const target = realpathSync(link);
      if (path.basename(target) === 'npm-cli.js') yield target;
    }
  }
}

/** The path of `npm-cli.js`. */
export function findNpm() {
  for (const candidate of candidates()) if (existsSync(candidate)) return candidate;
  throw new Error(
    'npm was not found next to Node or on PATH. Install Node.js 20 or newer with npm (https://nodejs.org).',
  );
}

const unreachable = /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH)\b/;

/**
 * Runs `npm ...args` in `cwd` and waits. Its output is shown only when it fails: the last lines of it are in
 * the error's message, together with what to do when the registry could not be reached.
 */
export function runNpm(args, { cwd }) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [findNpm(), ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const keep = (chunk) => {
      output = (output + chunk).slice(-20_000);
    };
    child.stdout.setEncoding('utf8').on('data', keep);
    child.stderr.setEncoding('utf8').on('data', keep);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) return resolve();
      const tail = output.trim().split(/\r?\n/).slice(-25).join('\n');
      const hint = unreachable.test(output)
        ? '\nThe npm registry could not be reached. Check the network, the proxy settings and `npm config get registry`, then run the command again.'
        : '';
      reject(new Error(`npm ${args.join(' ')} failed (${signal || `exit code ${code}`}):\n${tail}${hint}`));
    });
  });
}
