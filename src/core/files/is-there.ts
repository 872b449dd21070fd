import { lstat } from 'node:fs/promises';

/** Whether something is at a path, a link that leads nowhere too. */
export function isThere(file: string): Promise<boolean> {
  return lstat(file).then(
    () => true,
    () => false,
  );
}
