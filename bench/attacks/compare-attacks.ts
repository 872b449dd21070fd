import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { gatherImages } from '../../src/core/data/batch';
import type { ImageSource } from '../../src/core/data/image-source';
import type { Device } from '../../src/core/engine/devices/device';
import type { AttackPeer } from './attack-peer';
import type { AttackedNetwork } from './attack-networks';
import type { AttackRun } from './attack-task';
import { graphForTorch } from './graph-for-torch';
import { OurAttacks } from './our-attacks';

/** Of logits of the same network on both sides, in parts of the largest. */
const TOLERANCE = 1e-4;

/** One network with its images, on both sides. */
export class ComparedNetwork {
  private constructor(
    readonly network: AttackedNetwork,
    readonly ours: OurAttacks,
    readonly peer: AttackPeer | undefined,
  ) {}

  /**
   * @param set the images to attack
   * @throws Error when the two sides are not the same network
   */
  static async open(
    device: Device,
    peer: AttackPeer | undefined,
    network: AttackedNetwork,
    set: ImageSource,
  ): Promise<ComparedNetwork> {
    const ours = await OurAttacks.open(device, network.file, set);
    if (peer) {
      const images = await gatherImages(
        set,
        Array.from({ length: set.count }, (_, n) => n),
      );
      const folder = await mkdtemp(path.join(os.tmpdir(), 'm2at-bench-'));
      try {
        await peer.load(await graphForTorch(network.file, path.join(folder, 'tensors')));
        const file = path.join(folder, 'images');
        await writeFile(file, Buffer.from(images.data.buffer));
        const theirs = await peer.images({ file, shape: images.shape, labels: [...set.labels] });
        assertSame(await ours.logits(images.data), theirs, network.title);
      } finally {
        await rm(folder, { recursive: true });
      }
    }
    return new ComparedNetwork(network, ours, peer);
  }
}

function assertSame(ours: Float32Array, theirs: readonly number[], title: string): void {
  let [largest, difference] = [0, 0];
  for (const [i, value] of ours.entries()) {
    largest = Math.max(largest, Math.abs(value));
    difference = Math.max(difference, Math.abs(value - (theirs[i] ?? NaN)));
  }
  if (!(difference <= TOLERANCE * largest))
    throw new Error(`${title}: the logits differ by ${difference} of ${largest}.`);
}

/** Runs of both sides in turn, ours first, each pair with a seed of its own. */
export async function alternateAttacks(
  seeds: readonly number[],
  ours: ((seed: number) => Promise<AttackRun>) | undefined,
  peer: ((seed: number) => Promise<AttackRun>) | undefined,
  onRun: (side: 'ours' | 'peer', seed: number, run: AttackRun) => void,
): Promise<{ ours: AttackRun[]; peer: AttackRun[] }> {
  const runs: { ours: AttackRun[]; peer: AttackRun[] } = { ours: [], peer: [] };
  for (const seed of seeds) {
    for (const [side, attack] of [['ours', ours] as const, ['peer', peer] as const]) {
      if (!attack) continue;
      const run = await attack(seed);
      runs[side].push(run);
      onRun(side, seed, run);
    }
  }
  return runs;
}
