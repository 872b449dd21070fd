import { Command } from 'commander';
import { listDevices } from '../../core/engine/devices';
import { jsonOption, printJson } from './common';

export function devicesCommand(): Command {
  return new Command('devices')
    .description('List every device that programs can run on, and why one can not be used.')
    .addOption(jsonOption())
    .action(async ({ json }: { json?: true }) => {
      const devices = await listDevices();
      if (json) {
        printJson(devices);
        return;
      }
      for (const { name, available, detail } of devices) {
        process.stdout.write(`${available ? '✓' : '✗'} ${name.padEnd(12)}  ${detail}\n`);
      }
    });
}
