import type { Device } from '../engine/devices/device';
import { openTrainingDevice, type AskedDevice } from '../training/training-device';

/** The devices of several trainings, each opened once, and again after a pause. */
export class GroupDevices {
  private readonly devices = new Map<string, Device>();

  /** @throws M2atError `device` for the first that can't be used; then none stays open */
  static async open(runs: readonly AskedDevice[]): Promise<GroupDevices> {
    const group = new GroupDevices();
    try {
      for (const run of runs) await group.of(run);
      return group;
    } catch (error) {
      await group.dispose();
      throw error;
    }
  }

  /** @throws M2atError `device` when it is not open and can't be used */
  async of(run: AskedDevice): Promise<Device> {
    const device = this.devices.get(keyOf(run)) ?? (await openTrainingDevice(run));
    this.devices.set(keyOf(run), device);
    return device;
  }

  /** Closes them; whoever asks for one again has it opened again. */
  async dispose(): Promise<void> {
    const open = [...this.devices.values()];
    this.devices.clear();
    for (const device of open) await device.dispose();
  }
}

function keyOf({ device, threads }: AskedDevice): string {
  return `${device} ${threads}`;
}
