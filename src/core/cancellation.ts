import { setImmediate as immediate } from 'node:timers/promises';
import { M2atError } from './errors';

/**
 * A point at which a long job can be cancelled: lets pending events (a message that says stop, say) in first.
 * @throws M2atError `cancelled` when the signal was aborted.
 */
export async function cancellationPoint(signal: AbortSignal): Promise<void> {
  // An awaited promise alone would not let the event loop turn.
  await immediate();
  if (signal.aborted) throw new M2atError('cancelled', 'Cancelled.');
}

export function isCancelled(error: unknown): boolean {
  return error instanceof M2atError && error.code === 'cancelled';
}
