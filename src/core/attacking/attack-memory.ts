import { evenSize } from '../attacks/base/batch-rows';
import type { Device } from '../engine/devices/device';
import { largestPhase } from '../engine/sessions/program-memory';
import { M2atError } from '../errors';
import type { FreeMemory } from '../memory/free-memory';
import { fits, largestBatch, memoryLine, type MemoryNeed } from '../memory/memory-need';
import { bytesText } from '../memory/memory-text';

/** Arrays of a batch's size that are in memory beside the programs. */
const BATCH_ARRAYS = 12;
/** Measured: what JavaScript's own memory grows by. */
const HEAP_BYTES = 16 * 2 ** 20;
/** Room for sessions of smaller batches, which an attack comes to as images fall. */
const SLACK = { share: 0.1, least: 32 * 2 ** 20 };

/** An attack with batches of one size, for {@link attackMemory}. */
export interface PlannedAttack {
  readonly batchSize: number;
  /** Bytes of an image as float32. */
  readonly imageBytes: number;
  /** Whether the network is run by a session that no part knows of. */
  readonly withoutNetwork?: boolean;
  /** What every attack needs: the check of the network, the classification. Then each attack's own. */
  readonly parts: () => { readonly shared: readonly Part[]; readonly attacks: readonly Part[] };
}
type Part = () => Promise<unknown>;

export interface AttackMemory {
  readonly need: MemoryNeed;
  /** What sessions may take together. */
  readonly sessions: number;
}

/** What attacks will need; undefined where that isn't planned. Their programs are traced by that, and stay so. */
export async function attackMemory(
  device: Pick<Device, 'planMemory'>,
  { batchSize, imageBytes, parts }: PlannedAttack,
): Promise<AttackMemory | undefined> {
  const { shared, attacks } = parts();
  const programs = await device.planMemory?.([...shared, ...attacks]);
  if (!programs) return undefined;
  const atOnce = largestPhase(programs, shared.length);
  const sessions = atOnce + Math.max(SLACK.share * atOnce, SLACK.least);
  const arrays = BATCH_ARRAYS * evenSize(batchSize) * imageBytes;
  const more = sessions + programs.arrays + arrays + HEAP_BYTES;
  return { need: { now: process.memoryUsage.rss(), more }, sessions };
}

export interface ChosenBatch<T> {
  readonly attack: T;
  readonly memory: AttackMemory | undefined;
  readonly message: { readonly level: 'info' | 'warn'; readonly text: string } | undefined;
}

/**
 * The attack that was asked for where memory suffices for it, or else the same with the largest batch that fits.
 * @param make the attack with batches of a size
 * @param options `fixed`: the batch is that of a run that began, which its last digits depend on
 * @throws M2atError `memory` when a batch may not be changed, or no batch fits
 */
export async function chooseBatch<T extends { planned(): PlannedAttack; dispose(): Promise<void> }>(
  device: Device,
  make: (batchSize: number) => T,
  batchSize: number,
  { free, fixed, ignore }: { readonly free: FreeMemory; readonly fixed: boolean; readonly ignore: boolean },
): Promise<ChosenBatch<T>> {
  const asked = make(batchSize);
  const planned = asked.planned();
  const memory = await attackMemory(device, planned);
  if (!memory) return { attack: asked, memory, message: undefined };
  const unknown = planned.withoutNetwork === true ? ' What the network itself takes is not counted.' : '';
  const text = `${memoryLine(memory.need, free)}${unknown}`;
  if (fits(memory.need, free)) return { attack: asked, memory, message: { level: 'info', text } };
  if (ignore) {
    const warning = `${text} The attack may be ended by the system.`;
    return { attack: asked, memory, message: { level: 'warn', text: warning } };
  }
  await asked.dispose();
  const short =
    `batches of ${batchSize} need about ${bytesText(memory.need.more)} more memory; ` +
    `${bytesText(free.bytes)} are free (${free.bound})`;
  const all = 'or go on all the same with --ignore-memory (in VS Code: the setting m2at.ignoreMemory)';
  if (fixed) {
    throw new M2atError('memory', short, {
      hint: `A resumed attack keeps its batch size, which the last digits depend on: free memory, resume elsewhere, ${all}.`,
    });
  }
  const needOf = async (batch: number): Promise<MemoryNeed> => {
    const tried = make(batch);
    try {
      return (await attackMemory(device, tried.planned()))?.need ?? { now: 0, more: 0 };
    } finally {
      await tried.dispose();
    }
  };
  const largest = await largestBatch(needOf, { batch: batchSize, need: memory.need }, free, 4);
  if (largest === undefined) {
    throw new M2atError('memory', short, {
      hint: `Not even batches of 4 fit: take fewer or smaller attacks, free memory, ${all}.`,
    });
  }
  const smaller = make(largest);
  return {
    attack: smaller,
    memory: await attackMemory(device, smaller.planned()),
    message: { level: 'warn', text: `Not enough memory: ${short}. Batches of ${largest} are used instead.` },
  };
}
