import type { Device } from '../src/core/engine/devices/device';
import { alternate } from './alternate';
import type { BenchNetwork } from './networks';
import { OurSide } from './our-side';
import { rowOf, type Row } from './row';
import { tasks, type BenchTask, type Clock } from './tasks';
import type { TorchPeer } from './torch-peer';

export interface CompareOptions {
  readonly only: readonly BenchTask[];
  /** Counted runs of each side. */
  readonly repetitions: number;
  /** PyTorch in its channels-last memory format. */
  readonly channelsLast: boolean;
  readonly clock: Clock;
  readonly onRow: (row: Row) => void;
}

/** Times the tasks on one network, ours and PyTorch's in turn; ours alone without a peer. */
export async function compareTorch(
  device: Device,
  peer: TorchPeer | undefined,
  network: BenchNetwork,
  { only, repetitions, channelsLast, clock, onRow }: CompareOptions,
): Promise<Row[]> {
  const { model, batch } = network;
  const ours = new OurSide(device, model, batch);
  try {
    await buildSame(peer, network, ours.parameters, channelsLast);
    const rows: Row[] = [];
    for (const task of tasks.filter(({ id }) => only.includes(id))) {
      const timings = await alternate(
        repetitions,
        () => ours.time(task.id, clock),
        peer && (() => peer.time(task.id, clock)),
      );
      const row = rowOf({
        task,
        network,
        batch,
        peer: peer?.name ?? null,
        ours: timings.ours,
        theirs: timings.peer,
      });
      rows.push(row);
      onRow(row);
    }
    return rows;
  } finally {
    await ours.dispose();
  }
}

async function buildSame(
  peer: TorchPeer | undefined,
  { title, model, batch }: BenchNetwork,
  parameters: number,
  channelsLast: boolean,
): Promise<void> {
  const theirs = await peer?.build({ network: model, batch, channels_last: channelsLast });
  if (theirs !== undefined && theirs !== parameters) {
    throw new Error(`${title}: our network has ${parameters} parameters, PyTorch's has ${theirs}.`);
  }
}
