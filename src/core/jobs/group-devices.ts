import type { Device } from '../engine/devices/device';
import { openTrainingDevice, type AskedDevice } from '../training/training-device';

/** The devices of several trainings, each opened once. */
export class GroupDevices {
  private readonly devices = new Map<string, Device>();

  /** @throws M2atError `device` for the first that can't be used; then none stays open */
  static async open(runs: readonly AskedDevice[]): Promise<GroupDevices> {
    const group = new GroupDevices();
    try {
      for (const run of runs) {
        if (!group.of(run)) group.devices.set(keyOf(run), await openTrainingDevice(run));
      }
      return group;
    } catch (error) {
      await group.dispose();
      throw error;
    }
  }

  of(run: AskedDevice): Device | undefined {
    return this.devices.get(keyOf(run));
  }

  async dispose(): Promise<void> {
    for (const device of this.devices.values()) await device.dispose();
  }
}

function keyOf({ device, threads }: AskedDevice): string {
  return `${device} ${threads}`;
}
