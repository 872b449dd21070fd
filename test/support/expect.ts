import { setTimeout as delay } from 'node:timers/promises';

const patience = 90_000;
const pollMs = 100;

/**
 * Reads a value again and again until it is as wanted, and returns it.
 * @throws Error with what was wanted and the last value, when that takes too long.
 */
export async function expect<T>(
  what: string,
  read: () => Promise<T>,
  isWanted: (value: T) => boolean,
  patienceMs = patience,
): Promise<T> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const value = await read();
    if (isWanted(value)) return value;
    if (Date.now() > deadline) {
      throw new Error(
        `Waited ${patienceMs / 1000} s for ${what}; the last value was ${JSON.stringify(value)}`,
      );
    }
    await delay(pollMs);
  }
}
