import type { AttackContext } from '../../../src/core/attacks/base/attack';
import { emptyPool } from '../../../src/core/attacks/base/start-pool';
import { Random } from '../../../src/core/random';

const never = new AbortController().signal;

/** A context for a batch of so many images, whose random numbers are fixed by a seed. */
export function contextOf(count: number, seed = 0, more: Partial<AttackContext> = {}): AttackContext {
  return {
    streams: Array.from({ length: count }, (_, n) => Random.keyed(seed, 'test', n)),
    startPool: () => Promise.resolve(emptyPool),
    signal: never,
    ...more,
  };
}
