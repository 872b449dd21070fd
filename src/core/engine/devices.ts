import { M2atError, messageOf } from '../errors';
import { currentBackend } from './current-backend';
import type { Device, DeviceName, DeviceState } from './device';
import { deviceNames } from './device';
import { EagerDevice } from './eager-device';
import { loadTensorFlow } from './tensorflow';

export interface DeviceOptions {
  /** CPU threads, 0 for all cores. */
  readonly threads: number;
}

const notYet: Partial<Record<DeviceName, string>> = {
  'onnx-cuda': "This version doesn't compile for ONNX Runtime's CUDA provider yet.",
  'onnx-webgpu': "This version doesn't compile for ONNX Runtime's WebGPU provider yet.",
  'onnx-dml': "This version doesn't compile for ONNX Runtime's DirectML provider yet.",
  'onnx-coreml': "This version doesn't compile for ONNX Runtime's Core ML provider yet.",
};

/** Every device and whether it can be used on this machine. Never throws. */
export async function listDevices(): Promise<DeviceState[]> {
  const taken = await automaticDevice();
  const states = await Promise.all(deviceNames.map(stateOf));
  return states.map((state) => ({ ...state, automatic: state.name === taken }));
}

/** The device that `auto` takes: TensorFlow on a GPU where it loads, else ONNX Runtime on the CPU. */
async function automaticDevice(): Promise<DeviceName> {
  const found = await loadTensorFlow();
  return found.available && found.gpu ? 'tensorflow' : 'onnx-cpu';
}

async function stateOf(name: DeviceName): Promise<DeviceState> {
  const refusal = notYet[name];
  if (refusal) return { name, available: false, detail: refusal };
  if (name === 'tensorflow') {
    const found = await loadTensorFlow();
    return { name, available: found.available, detail: found.detail };
  }
  try {
    const device = await openDevice(name, { threads: 0 });
    const detail = device.description;
    await device.dispose();
    return { name, available: true, detail };
  } catch (error) {
    return { name, available: false, detail: messageOf(error) };
  }
}

/**
 * Opens a device.
 * Throws M2atError `device` with the reason when the device can't be used.
 */
export async function openDevice(name: DeviceName | 'auto', options: DeviceOptions): Promise<Device> {
  currentBackend();
  switch (name) {
    case 'auto':
      return openDevice(await automaticDevice(), options);
    case 'onnx-cpu':
      return openOnnxCpu(options);
    case 'tensorflow': {
      const found = await loadTensorFlow();
      if (!found.available) throw unavailable(name, found.detail);
      return new EagerDevice(name, 'tensorflow', found.detail);
    }
    case 'tfjs-cpu':
      return new EagerDevice(
        name,
        'cpu',
        'TensorFlow.js in JavaScript: a slow reference, for comparison only',
      );
    case 'onnx-cuda':
    case 'onnx-webgpu':
    case 'onnx-dml':
    case 'onnx-coreml':
      throw unavailable(name, notYet[name] ?? '');
  }
}

async function openOnnxCpu({ threads }: DeviceOptions): Promise<Device> {
  try {
    // Loaded here, so that a machine without its native library can still list its devices.
    const { OnnxCpuDevice } = await import('./onnx-cpu-device');
    return await OnnxCpuDevice.open({ threads });
  } catch (cause) {
    throw new M2atError('device', `onnx-cpu can't be used: ${messageOf(cause)}`, {
      hint: 'Run npm ci again; ONNX Runtime has binaries for Linux, macOS (arm64) and Windows.',
      cause,
    });
  }
}

function unavailable(name: DeviceName, why: string): M2atError {
  return new M2atError('device', `${name} can't be used. ${why}`, {
    hint: 'Use "auto", or list the devices with: m2at devices',
  });
}
