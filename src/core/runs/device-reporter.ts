import type { Device, NodeFallback } from '../engine/devices/device';
import type { DeviceRecord } from '../records/run-files';
import type { RunWriter } from './run-writer';

/**
 * What a run's record says about its device, with the nodes that fell back so far.
 * @param before those of whoever had the device before
 */
export function deviceRecordOf(device: Device, before: ReadonlySet<NodeFallback> = new Set()): DeviceRecord {
  const { description, details } = device;
  const { provider, adapter, index, threads, layout, versions, insteadOf, chosen } = details;
  return {
    description,
    provider,
    ...(adapter === undefined ? {} : { adapter }),
    ...(index === undefined ? {} : { index }),
    ...(threads === undefined ? {} : { threads }),
    ...(layout === undefined ? {} : { layout }),
    versions: { ...versions },
    ...(insteadOf ? { insteadOf: { ...insteadOf } } : {}),
    ...(chosen === undefined ? {} : { chosen }),
    fallbacks: groupFallbacks(ownFallbacks(device, before)),
  };
}

/** Keeps a run's record and log up to date about its device: nodes fall back as programs are compiled. */
export class DeviceReporter {
  private known = 0;
  /** Nodes that the log has told of, by group. */
  private readonly told = new Map<string, number>();

  constructor(
    private readonly device: Device,
    private readonly writer: RunWriter,
    /** Nodes that fell back for whoever had the device before. */
    private readonly before: ReadonlySet<NodeFallback> = new Set(),
  ) {}

  /** Names the device, and says so when it is not the one that was asked for. */
  async begin(): Promise<void> {
    const { device, writer } = this;
    await writer.update({ device: device.name, deviceDetails: deviceRecordOf(device, this.before) });
    const { insteadOf, chosen } = device.details;
    if (chosen !== undefined) await writer.log('info', `auto took ${device.name}: ${chosen}.`);
    if (insteadOf) {
      const { name, reason } = insteadOf;
      await writer.log('warn', `${name} was asked for, but ${device.name} computes instead: ${reason}`);
    }
    this.known = 0;
    await this.refresh();
  }

  /** To be called after programs were compiled. Does nothing when no other node fell back. */
  async refresh(): Promise<void> {
    const { device, writer } = this;
    const count = ownFallbacks(device, this.before).length;
    if (count === this.known) return;
    this.known = count;
    const deviceDetails = deviceRecordOf(device, this.before);
    await writer.update({ deviceDetails });
    for (const { program, op, provider, nodes } of deviceDetails.fallbacks) {
      const group = JSON.stringify([program, op, provider]);
      if (this.told.get(group) === nodes.length) continue;
      this.told.set(group, nodes.length);
      const what = nodes.length === 1 ? 'node runs' : 'nodes run';
      await writer.log(
        'warn',
        `${program}: ${nodes.length} ${op} ${what} on ${provider}, not on ${device.details.provider}.`,
      );
    }
  }
}

function ownFallbacks(device: Device, before: ReadonlySet<NodeFallback>): NodeFallback[] {
  return device.fallbacks().filter((fallback) => !before.has(fallback));
}

function groupFallbacks(fallbacks: readonly NodeFallback[]): DeviceRecord['fallbacks'] {
  const groups = new Map<string, DeviceRecord['fallbacks'][number]>();
  for (const { program, op, node, provider } of fallbacks) {
    const key = JSON.stringify([program, op, provider]);
    const group = groups.get(key) ?? { program, op, provider, nodes: [] };
    group.nodes.push(node);
    groups.set(key, group);
  }
  return [...groups.values()];
}
