import type { RunState } from './run-state';

/** Whether a run measures corruptions and attacks nothing, as far as that can be told. */
export function onlyCorruptions({ corruptions, report }: Pick<RunState, 'corruptions' | 'report'>): boolean {
  return corruptions !== undefined && (report?.attacks.length ?? 0) === 0;
}
