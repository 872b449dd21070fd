// A lock between processes. Node built-ins only: nothing may be installed yet.
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const pollMs = 500;
/** A lock folder without an owner's id is one whose owner died between two system calls, once it is this old. */
const ownerlessMs = 10_000;

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

async function isAbandoned(lock) {
  const pid = Number(await readFile(path.join(lock, 'pid'), 'utf8').catch(() => ''));
  if (pid > 0) return !isAlive(pid);
  const created = await stat(lock).catch(() => undefined);
  return created !== undefined && Date.now() - created.mtimeMs > ownerlessMs;
}

/**
 * Runs `task` while this process alone holds the folder `lock`. Waits for the present holder, and takes over
 * from one that has died. `onWait` is called once if there is somebody to wait for.
 */
export async function withLock(lock, task, onWait = () => {}) {
  await mkdir(path.dirname(lock), { recursive: true });
  for (let waited = false; ;) {
    try {
      await mkdir(lock);
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (await isAbandoned(lock)) {
      await rm(lock, { recursive: true, force: true });
      continue;
    }
    if (!waited) onWait();
    waited = true;
    await delay(pollMs);
  }
  try {
    await writeFile(path.join(lock, 'pid'), String(process.pid));
    return await task();
  } finally {
    await rm(lock, { recursive: true, force: true });
  }
}
