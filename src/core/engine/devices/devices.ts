import { M2atError, messageOf } from '../../errors';
import { fastest, type Candidate, type Choice } from './auto-device';
import { currentBackend } from '../arrays/current-backend';
import type { Device, DeviceDetails, DeviceName, DeviceState } from './device';
import { deviceNames } from './device';
import { givenGpu, partsOf, type DeviceChoice } from './device-choice';
import { EagerDevice } from './eager-device';
import type { InputSignature } from '../compile/trace-program';
import type { Program } from '../tracing/program';
import type { RouteOptions, RouteState } from './gpu-route';
import type { Layer } from './layer-check';
import { loadTensorFlow } from './tensorflow';

export interface DeviceOptions {
  /** CPU threads, 0 for all cores. */
  readonly threads: number;
  /**
   * A software adapter that WebGPU may use, by a part of its name, such as `swiftshader`; such adapters are refused
   * otherwise. Default: the environment variable M2AT_WEBGPU_ADAPTER.
   */
  readonly adapter?: string | undefined;
  /** On ONNX Runtime's CPU: whether sums of rows begin at an aligned address, see `OnnxCpuOptions`. */
  readonly alignedRows?: boolean | undefined;
}

/** With the GPU, where there are several. */
type OpenOptions = DeviceOptions & Pick<RouteOptions, 'index'>;

/** What a device's details say beside what the device knows of itself. */
type Notes = Pick<DeviceDetails, 'insteadOf' | 'chosen'>;

/** The routes through ONNX Runtime's GPU providers, in the order in which `auto` tries them. */
const gpuNames = ['onnx-cuda', 'onnx-dml', 'onnx-coreml', 'onnx-webgpu'] as const;
type GpuName = (typeof gpuNames)[number];

/** Every device and whether it can be used on this machine. Never throws. */
export async function listDevices(): Promise<DeviceState[]> {
  const states: DeviceState[] = [];
  // One after the other: each may time itself, and a route that is tried is tried once a process.
  for (const name of deviceNames) states.push(await stateOf(name));
  const { name: taken, why } = await automaticDevice();
  return states.map((state) => {
    const automatic = state.name === taken;
    return {
      ...state,
      automatic,
      ...(automatic ? { detail: `${state.detail}; auto takes it: ${why}` } : {}),
    };
  });
}

async function stateOf(name: DeviceName): Promise<DeviceState> {
  if (name === 'tensorflow') {
    const found = await loadTensorFlow();
    return { name, available: found.available, detail: found.detail };
  }
  try {
    if (isGpu(name)) {
      const route = await tryGpu(name, {});
      if (route.state !== 'works') return { name, available: false, detail: route.reason };
    }
    const device = await openDevice(name, { threads: 0 });
    const detail = device.description;
    await device.dispose();
    return { name, available: true, detail };
  } catch (error) {
    return { name, available: false, detail: messageOf(error) };
  }
}

/**
 * Opens a device. `auto` is the fastest that works. A GPU of ONNX Runtime that doesn't work is replaced by the CPU,
 * and `details.insteadOf` says why.
 * Throws M2atError `device` with the reason when the device can't be used, and nothing can replace it.
 */
export async function openDevice(device: DeviceChoice, options: DeviceOptions): Promise<Device> {
  currentBackend();
  if (device !== 'auto') {
    const { name, index = givenGpu() } = partsOf(device);
    return open(name, { ...options, index }, {});
  }
  const { name: taken, why } = await automaticDevice();
  return open(taken, { ...options, index: givenGpu() }, { chosen: why });
}

async function open(name: DeviceName, options: OpenOptions, notes: Notes): Promise<Device> {
  switch (name) {
    case 'onnx-cpu':
      return openOnnxCpu(options, notes);
    case 'tensorflow': {
      const { available, detail, versions } = await loadTensorFlow();
      if (!available) throw unavailable(name, detail);
      return new EagerDevice(name, 'tensorflow', detail, { ...notes, versions });
    }
    case 'tfjs-cpu':
      return new EagerDevice(
        name,
        'cpu',
        'TensorFlow.js in JavaScript: a slow reference, for comparison only',
        notes,
      );
    case 'onnx-cuda':
    case 'onnx-webgpu':
    case 'onnx-dml':
    case 'onnx-coreml': {
      const route = await tryGpu(name, options);
      if (route.state === 'absent') throw unavailable(name, route.reason);
      if (route.state === 'works') return route.open(notes);
      return openOnnxCpu(options, { ...notes, insteadOf: { name, reason: route.reason } });
    }
  }
}

export interface NetworkToCheck {
  /** Its forward pass. */
  readonly network: Program;
  /** What that takes: few images are enough. */
  readonly inputs: readonly InputSignature[];
  /** The device belongs to somebody else, and stays open where another one takes its place. */
  readonly isShared: boolean;
}

/** Layers that a device was seen to compute rightly. */
const checked = new WeakMap<Device, Set<string>>();

/**
 * The device, where it computes the layers of a network as the CPU does, forward and backward at the network's own shapes;
 * else the CPU, and `details.insteadOf` says why. Only a GPU of ONNX Runtime is looked at, at each layer once.
 */
export async function soundDevice(
  device: Device,
  { network, inputs, isShared }: NetworkToCheck,
  options: DeviceOptions,
): Promise<Device> {
  const { name } = device;
  if (!isGpu(name)) return device;
  const [{ checkLayers, layersOf }, { OnnxCpuDevice }, { clearPool }] = await Promise.all([
    import('./layer-check'),
    import('./onnx-cpu-device'),
    import('./onnx-device'),
  ]);
  const known = checked.get(device) ?? new Set<string>();
  checked.set(device, known);
  const keyOf = (layer: Layer): string => JSON.stringify(layer);
  const layers = layersOf(network, inputs).filter((layer) => !known.has(keyOf(layer)));
  if (layers.length === 0) return device;
  const reference = await OnnxCpuDevice.open({ threads: options.threads, layout: 'portable' });
  try {
    await checkLayers(device, reference, layers);
    for (const layer of layers) known.add(keyOf(layer));
    return device;
  } catch (error) {
    const reason = `It computes a layer of this network otherwise than the CPU: ${messageOf(error)}`;
    if (!isShared) await device.dispose();
    return await openOnnxCpu(options, { insteadOf: { name, reason } });
  } finally {
    await reference.dispose();
    // Nobody asks for these programs again.
    await clearPool();
  }
}

let automatic: Promise<Choice> | undefined;

/** The device that `auto` takes, found out once a process. */
function automaticDevice(): Promise<Choice> {
  automatic ??= chooseDevice();
  return automatic;
}

async function chooseDevice(): Promise<Choice> {
  currentBackend();
  const candidates: Candidate[] = [];
  const candidate = (name: DeviceName): Candidate => ({
    name,
    open: () => open(name, { threads: 0, index: givenGpu() }, {}),
  });
  const tensorflow = await loadTensorFlow();
  if (tensorflow.available && tensorflow.gpu) candidates.push(candidate('tensorflow'));
  for (const name of gpuNames) {
    const route = await tryGpu(name, { index: givenGpu() });
    // A software adapter that was named is for those who ask for the device by name.
    if (route.state === 'works' && !route.software) candidates.push(candidate(name));
  }
  return fastest(candidate('onnx-cpu'), candidates);
}

async function tryGpu(name: GpuName, options: RouteOptions): Promise<RouteState> {
  try {
    // Loaded here, so that a machine without ONNX Runtime's native library can still list its devices.
    const { tryRoute } = await import('./gpu-route');
    return await tryRoute(name, options);
  } catch (error) {
    return { state: 'absent', reason: messageOf(error) };
  }
}

async function openOnnxCpu({ threads, alignedRows }: DeviceOptions, notes: Notes): Promise<Device> {
  try {
    const { OnnxCpuDevice } = await import('./onnx-cpu-device');
    return await OnnxCpuDevice.open({ threads, alignedRows, notes });
  } catch (cause) {
    throw new M2atError('device', `onnx-cpu can't be used: ${messageOf(cause)}`, {
      hint: 'Run npm ci again; ONNX Runtime has binaries for Linux, macOS (arm64) and Windows.',
      cause,
    });
  }
}

function isGpu(name: DeviceName): name is GpuName {
  return gpuNames.some((gpu) => gpu === name);
}

function unavailable(name: DeviceName, why: string): M2atError {
  return new M2atError('device', `${name} can't be used. ${why}`, {
    hint: 'Use "auto", or list the devices with: m2at devices',
  });
}
