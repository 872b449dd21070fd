import { messageOf } from '../../errors';
import type { Device, DeviceName } from './device';
import { timeDevice } from './device-probe';

/** A GPU that `auto` may take. */
export interface Candidate {
  readonly name: DeviceName;
  readonly open: () => Promise<Device>;
}

export interface Choice {
  readonly name: DeviceName;
  /** How it was chosen, for people: what was timed, and what failed. */
  readonly why: string;
}

/**
 * The fastest of the CPU and the candidates, by a short timed program. The CPU is taken when there is no candidate;
 * one that fails is left out, and the reason is part of `why`.
 * @param images of the timed program
 */
export async function fastest(
  cpu: Candidate,
  candidates: readonly Candidate[],
  images?: number,
): Promise<Choice> {
  if (candidates.length === 0) return { name: cpu.name, why: 'no GPU was found' };
  const notes: string[] = [];
  const timed: { name: DeviceName; seconds: number }[] = [];
  for (const { name, open } of [cpu, ...candidates]) {
    try {
      const device = await open();
      try {
        const seconds = await timeDevice(device, images);
        timed.push({ name, seconds });
        notes.push(`${name} ${(seconds * 1000).toPrecision(2)} ms`);
      } finally {
        await device.dispose();
      }
    } catch (error) {
      notes.push(`${name} failed: ${messageOf(error)}`);
    }
  }
  const [best] = timed.sort((a, b) => a.seconds - b.seconds);
  return { name: best?.name ?? cpu.name, why: `the fastest in a short test: ${notes.join(', ')}` };
}
