import type { Device } from '../../../src/core/engine/devices/device';
import { EagerDevice } from '../../../src/core/engine/devices/eager-device';
import { openDevice } from '../../../src/core/engine/devices/devices';

/** The devices that programs are tested on: TF.js's own kernels, the oracle, and the compiled default. */
export const testDevices: readonly { readonly name: string; readonly open: () => Promise<Device> }[] = [
  { name: 'tfjs-cpu', open: () => Promise.resolve(oracle()) },
  { name: 'onnx-cpu', open: () => openDevice('onnx-cpu', { threads: 1 }) },
];

export function oracle(): Device {
  return new EagerDevice('tfjs-cpu', 'cpu', 'TF.js kernels in JavaScript');
}
