import type { LoadOptions } from './dataset';

/**
 * Tells how far downloads are, at most ten times a second, and always the first and, where their number is known, the last
 * of the bytes.
 * @param expected bytes of the file; undefined where only its host knows
 */
export function downloadProgress(
  what: string,
  expected: number | undefined,
  onProgress: LoadOptions['onProgress'],
): (done: number, total?: number, host?: string) => void {
  let started = 0;
  let reported = 0;
  let first: number | undefined;
  return (done, told, host) => {
    const now = performance.now();
    const size = told ?? expected;
    const total = size === undefined ? 0 : Math.max(done, size);
    if (first === undefined) {
      first = done;
      started = now;
    } else if (done !== total && now - reported < 100) return;
    reported = now;
    const arrived = done - first;
    const secondsLeft =
      arrived > 0 && total > 0 ? ((now - started) / 1000 / arrived) * (total - done) : undefined;
    onProgress?.({
      phase: 'download',
      ...{ done, total, unit: 'bytes' },
      detail: host === undefined ? what : `${what} from ${host}`,
      ...(secondsLeft === undefined ? {} : { secondsLeft }),
    });
  };
}
