// Tries the inputs whose seeds its parent sends, one after the other, and says how that went.
import path from 'node:path';
import { DEFECT, toChild, type FromChild, type ToChild } from './child-messages';
import type { FuzzTarget } from './fuzz-target';
import { judge } from './judge';
import { openTarget } from './targets';

/** An input that takes so long, twice, is a hang even when it ends. Milliseconds. */
const SLOW = 5000;

const send = (message: FromChild): void => void process.send?.(message);
const [folder = ''] = process.argv.slice(2);
const targets = new Map<string, Promise<FuzzTarget>>();
let stray: string | undefined;

async function tryAll({ target: name, from, count }: ToChild): Promise<void> {
  const opened = targets.get(name) ?? openTarget(name, path.join(folder, `${name}-${process.pid}`));
  targets.set(name, opened);
  const target = await opened;
  const findings: { seed: number; what: string }[] = [];
  const counts = { accepted: 0, refused: 0 };
  for (let seed = from; seed < from + count; seed++) {
    const what = await tryOne(target, seed, counts);
    if (what !== undefined) findings.push({ seed, what });
  }
  const peak = process.resourceUsage().maxRSS * 1024;
  send({ type: 'tried', ...counts, findings, peak });
}

/** @returns what was found */
async function tryOne(
  target: FuzzTarget,
  seed: number,
  counts: { accepted: number; refused: number },
): Promise<string | undefined> {
  const start = performance.now();
  let outcome = await judge(target, target.input(seed), seed);
  const slow = performance.now() - start > SLOW;
  // Rejections are told after the promises that are settled.
  await new Promise((resolve) => setImmediate(resolve));
  if (stray !== undefined) {
    outcome = { end: 'finding', what: `a rejection that nobody handled: ${stray}` };
    stray = undefined;
  }
  if (outcome.end === 'finding') return outcome.what;
  if (slow) {
    // The machine may have been busy.
    const again = performance.now();
    await judge(target, target.input(seed), seed);
    const milliseconds = performance.now() - again;
    if (milliseconds > SLOW) return `took ${Math.round(milliseconds)} ms`;
  }
  counts[outcome.end]++;
  return undefined;
}

// What nobody waited for would end the product's process.
process.on('unhandledRejection', (reason) => {
  stray = reason instanceof Error ? reason.stack : String(reason);
});
process.on('message', (message) => {
  tryAll(toChild.parse(message)).catch((error: unknown) => {
    // A defect of the fuzzer itself.
    console.error(error);
    process.exit(DEFECT);
  });
});
process.on('disconnect', () => {
  void Promise.all([...targets.values()].map(async (target) => (await target).close?.())).finally(() =>
    process.exit(),
  );
});
send({ type: 'ready' });
