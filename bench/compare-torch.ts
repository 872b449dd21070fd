import type { Device } from '../src/core/engine/devices/device';
import { againstTorch } from './against-torch';
import type { BenchNetwork } from './networks';
import { OurSide } from './our-side';
import { rowOf, type Row } from './row';
import { tasks, type BenchTask, type Clock } from './tasks';
import type { TorchPeer } from './torch-peer';

export interface CompareOptions {
  readonly only: readonly BenchTask[];
  /** Counted runs of each side. */
  readonly repetitions: number;
  readonly clock: Clock;
  readonly onRow: (row: Row) => void;
}

/** Times the tasks on one network, ours and PyTorch's in turn; ours alone without a peer. */
export async function compareTorch(
  device: Device,
  peers: readonly TorchPeer[],
  network: BenchNetwork,
  { only, repetitions, clock, onRow }: CompareOptions,
): Promise<Row[]> {
  const { model, batch } = network;
  const ours = new OurSide(device, model, batch);
  try {
    for (const peer of peers) await buildSame(peer, network, ours.parameters);
    const rows: Row[] = [];
    for (const task of tasks.filter(({ id }) => only.includes(id))) {
      const against = await againstTorch([() => ours.time(task.id, clock)], peers, {
        task: task.id,
        clock,
        repetitions,
      });
      const row = rowOf({ ...against, task, network, batch, ours: against.ours[0] ?? [] });
      rows.push(row);
      onRow(row);
    }
    return rows;
  } finally {
    await ours.dispose();
  }
}

/** Builds the network in the peer. @throws Error when it has other parameters than ours */
export async function buildSame(
  peer: TorchPeer,
  { title, model, batch }: BenchNetwork,
  parameters: number,
): Promise<void> {
  const theirs = await peer.build({ network: model, batch });
  if (theirs !== parameters) {
    throw new Error(`${title}: our network has ${parameters} parameters, PyTorch's has ${theirs}.`);
  }
}
