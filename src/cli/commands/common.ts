import { InvalidArgumentError, Option } from 'commander';
import { deviceNames } from '../../core/engine/devices/device';
import { deviceChoice, type DeviceChoice } from '../../core/engine/devices/device-choice';

export function wholeNumber(minimum: number): (text: string) => number {
  return (text) => {
    const value = text.trim() === '' ? NaN : Number(text);
    if (!Number.isSafeInteger(value) || value < minimum) {
      throw new InvalidArgumentError(`It must be a whole number, at least ${minimum}.`);
    }
    return value;
  };
}

export const rootOption = (): Option =>
  new Option('--root <folder>', 'runs are kept in <folder>/.m2at/runs').default('.', 'the current folder');

export const deviceOption = (): Option =>
  new Option(
    '--device <name>',
    `where to compute: auto, ${deviceNames.join(', ')}; onnx-cuda:1 is the second of several`,
  ).argParser(parseDevice);

function parseDevice(text: string): DeviceChoice {
  const device = deviceChoice.safeParse(text).data;
  if (device !== undefined) return device;
  throw new InvalidArgumentError(
    `Allowed are auto, ${deviceNames.join(', ')}, and onnx-cuda:1 for the second of several.`,
  );
}

export const threadsOption = (): Option =>
  new Option('--threads <count>', 'CPU threads; 0 means all cores').argParser(wholeNumber(0));

export const ignoreMemoryOption = (): Option =>
  new Option('--ignore-memory', 'start even where memory is not expected to suffice');

export const jsonOption = (): Option => new Option('--json', 'print JSON for machines on standard output');

export interface ComputeFlags {
  readonly device?: DeviceChoice;
  readonly threads?: number;
}
