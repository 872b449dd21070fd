import { execFile } from 'node:child_process';
import path from 'node:path';
import { namesIn } from '../files/list-folder';

const PATIENCE_MS = 5000;

/** GPUs of CUDA that this process may use; 0 where there are none, or it can't be told. */
export async function countGpus(
  environment: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): Promise<number> {
  const { CUDA_VISIBLE_DEVICES: visible } = environment;
  if (visible !== undefined) {
    // CUDA ends the list at the first that is none.
    const names = visible.split(',').map((name) => name.trim());
    const end = names.findIndex((name) => name === '' || name.startsWith('-'));
    return end < 0 ? names.length : end;
  }
  if (platform === 'linux') return (await namesIn('/proc/driver/nvidia/gpus')).length;
  return platform === 'win32' ? countOnWindows(environment) : 0;
}

function countOnWindows({ SystemRoot = 'C:\\Windows' }: NodeJS.ProcessEnv): Promise<number> {
  // By its path: a program of this name in the current folder would come first.
  const program = path.win32.join(SystemRoot, 'System32', 'nvidia-smi.exe');
  return new Promise((resolve) => {
    execFile(program, ['-L'], { timeout: PATIENCE_MS, windowsHide: true }, (error, stdout) => {
      resolve(error ? 0 : stdout.split('\n').filter((line) => line.startsWith('GPU ')).length);
    });
  });
}
