import type { DeviceRecord } from '../../src/core/records/run-files';
import * as format from '../text/format';

export interface DeviceWarning {
  readonly text: string;
  /** The whole of it, in lines. */
  readonly detail: string;
}

export interface DeviceText {
  /** One line: what computes, and on which GPU. */
  readonly text: string;
  readonly detail: string;
  readonly warnings: readonly DeviceWarning[];
}

/** What a page says of the device of a run; undefined for records of older versions, which only name it. */
export function deviceText(details: DeviceRecord | undefined): DeviceText | undefined {
  if (!details) return undefined;
  const { description, provider, adapter, threads, layout, versions, chosen } = details;
  const known = adapter === undefined || description.includes(adapter);
  const lines = [
    `Provider: ${provider}`,
    adapter === undefined ? undefined : `Adapter: ${adapter}`,
    threads === undefined ? undefined : `Threads: ${threads}`,
    layout === undefined ? undefined : `Layout of images: ${layout}`,
    chosen === undefined ? undefined : `Chosen by auto: ${chosen}`,
    ...Object.entries(versions).map(([name, version]) => `${name} ${version}`),
  ];
  return {
    text: known ? description : `${description}, ${adapter}`,
    detail: lines.filter((line) => line !== undefined).join('\n'),
    warnings: [...insteadOf(details), ...fallbacks(details)],
  };
}

function insteadOf({ insteadOf: asked }: DeviceRecord): DeviceWarning[] {
  if (!asked) return [];
  return [{ text: `instead of ${asked.name}`, detail: `${asked.name} was asked for: ${asked.reason}` }];
}

function fallbacks({ fallbacks: groups, provider }: DeviceRecord): DeviceWarning[] {
  const count = groups.reduce((sum, { nodes }) => sum + nodes.length, 0);
  if (count === 0) return [];
  const lines = groups.map(
    (group) => `${group.program}: ${format.integer(group.nodes.length)} ${group.op} on ${group.provider}`,
  );
  return [
    {
      text: `${format.counted(count, 'node')} not on the device`,
      detail: [`These do not run on ${provider}:`, ...lines].join('\n'),
    },
  ];
}
