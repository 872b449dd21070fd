import * as z from 'zod';
import { deviceNames, type DeviceName } from './device';

/** Devices of which a machine may have several, told apart by an index from 0. */
const indexed = ['onnx-cuda', 'onnx-dml'] as const satisfies readonly DeviceName[];
type IndexedName = (typeof indexed)[number];

/** More GPUs than a machine has. */
const indices = [
  '0',
  '1',
  '2',
  '3',
  '4',
  '5',
  '6',
  '7',
  '8',
  '9',
  '10',
  '11',
  '12',
  '13',
  '14',
  '15',
] as const;

/** A device by name, or one of several, such as `onnx-cuda:1`. */
export type NamedDevice = DeviceName | `${IndexedName}:${(typeof indices)[number]}`;
export type DeviceChoice = 'auto' | NamedDevice;

const indexedDevice = z.templateLiteral([z.enum(indexed), ':', z.enum(indices)]);

/** A device, as experiments and requests name it. */
export const deviceChoice = z.union([z.enum(['auto', ...deviceNames]), indexedDevice]);
export const namedDevice = z.union([z.enum(deviceNames), indexedDevice]);

/** The index of the GPU that is taken where none is named: the queue gives each run its own. */
export const GPU_VARIABLE = 'M2AT_GPU';

export function givenGpu(environment: NodeJS.ProcessEnv = process.env): number | undefined {
  const text = environment[GPU_VARIABLE] ?? '';
  return /^\d{1,2}$/.test(text) ? Number(text) : undefined;
}

/** The name of a device, and which of several it is; absent: the one that this process was given, or the first. */
export function partsOf(device: NamedDevice): { readonly name: DeviceName; readonly index?: number } {
  const [text, digits] = device.split(':');
  const name = deviceNames.find((known) => known === text);
  if (!name) throw new RangeError(`${device} is no device.`);
  return digits === undefined ? { name } : { name, index: Number(digits) };
}
