import type { Device } from '../engine/devices/device';
import { openDevice } from '../engine/devices/devices';
import type { ResolvedExperiment } from '../experiment/experiment-schema';

/** What decides the device of a training. */
export type AskedDevice = Pick<ResolvedExperiment, 'device' | 'threads'>;

/** @throws M2atError `device` when it can't be used, and nothing can replace it */
export function openTrainingDevice({ device, threads }: AskedDevice): Promise<Device> {
  // Rounds as runs of earlier versions did: what goes on must not change.
  return openDevice(device, { threads, alignedRows: false });
}
