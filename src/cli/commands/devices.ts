import { Command } from 'commander';
import type { DeviceState } from '../../core/engine/devices/device';
import { listDevices } from '../../core/engine/devices/devices';
import { wrap } from '../wrap';
import { output } from '../terminal';
import { jsonOption } from './common';

export function devicesCommand(): Command {
  return new Command('devices')
    .description('List every device that programs can run on, and why one can not be used.')
    .addOption(jsonOption())
    .action(async ({ json }: { json?: true }) => {
      const devices = await listDevices();
      if (json) output.json(devices);
      else output.write(deviceList(devices, output.isTerminal ? output.columns : Infinity));
    });
}

/**
 * The devices as text.
 * @param width columns of the terminal; Infinity: a device a line, for files and pipes
 */
export function deviceList(devices: readonly DeviceState[], width: number): string {
  const names = Math.max(...devices.map(({ name }) => name.length));
  const indent = names + 4;
  const lines = devices.map(({ name, available, detail }) => {
    // Some terminals report a width of 0; a narrow one gets long lines rather than a column of words.
    const text = width >= indent + 30 ? wrap(detail, width, indent) : detail;
    return `${available ? '✓' : '✗'} ${name.padEnd(names)}  ${text}\n`;
  });
  return lines.join('');
}
