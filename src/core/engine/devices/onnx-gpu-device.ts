import * as ort from '../runtime/onnx-runtime';
import type { DeviceDetails, DeviceName } from './device';
import { GpuMemory } from './gpu-memory';
import { HostMemory } from '../sessions/host-memory';
import { OnnxDevice } from './onnx-device';

/** A provider of ONNX Runtime that computes on a GPU. */
export interface GpuProvider {
  readonly name: DeviceName;
  /** As sessions take it, and `listSupportedBackends` lists it. */
  readonly backend: 'webgpu' | 'cuda' | 'dml' | 'coreml';
  /** As profiles name it. */
  readonly provider: string;
  readonly title: string;
  /** Its GPUs have indices, from 0. */
  readonly indexed?: true;
}

export interface GpuOptions {
  /** The GPU by name, where it is known. */
  readonly adapter: string | undefined;
  /** Of a provider whose GPUs have indices; absent: the one that it takes by itself. */
  readonly index?: number | undefined;
  readonly notes?: Pick<DeviceDetails, 'insteadOf' | 'chosen'> | undefined;
}

export const gpuProviders: readonly GpuProvider[] = [
  { name: 'onnx-cuda', backend: 'cuda', provider: 'CUDAExecutionProvider', title: 'CUDA', indexed: true },
  { name: 'onnx-webgpu', backend: 'webgpu', provider: 'WebGpuExecutionProvider', title: 'WebGPU' },
  { name: 'onnx-dml', backend: 'dml', provider: 'DmlExecutionProvider', title: 'DirectML', indexed: true },
  { name: 'onnx-coreml', backend: 'coreml', provider: 'CoreMLExecutionProvider', title: 'Core ML' },
];

/**
 * A device on a GPU, in the portable NCHW layout. On WebGPU variables and results stay in GPU buffers; ONNX
 * Runtime's Node binding has no such buffers of other providers, whose variables travel with every run.
 * Nothing is tried yet: a provider that doesn't work throws when its first program runs.
 */
export function gpuDevice(
  { name, backend, provider, title }: GpuProvider,
  { adapter, index, notes = {} }: GpuOptions,
): OnnxDevice {
  const which = index === undefined ? '' : ` (GPU ${index})`;
  const version = ort.env.versions.node ?? ort.env.versions.common;
  return new OnnxDevice({
    name,
    description: `ONNX Runtime ${version}, ${title} provider, ${adapter ?? 'GPU of unknown name'}${which}, NCHW`,
    details: {
      provider,
      ...(adapter === undefined ? {} : { adapter }),
      ...(index === undefined ? {} : { index }),
      layout: 'NCHW',
      versions: { 'onnxruntime-node': version },
      ...notes,
    },
    target: { block: 0, provider: backend },
    memory: (turns) => (backend === 'webgpu' ? new GpuMemory(turns) : new HostMemory()),
    session: {
      executionProviders: [index === undefined ? backend : { name: backend, deviceId: index }],
      graphOptimizationLevel: 'all',
      executionMode: 'sequential',
      logSeverityLevel: 4,
      // DirectML can't plan memory ahead.
      ...(backend === 'dml' ? { enableMemPattern: false } : {}),
      extra: { session: { intra_op: { allow_spinning: '0' } } },
    },
  });
}
