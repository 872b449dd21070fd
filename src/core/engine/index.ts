/** The compiler as a library: docs/compile.md. */
export { M2atError } from '../errors';
export type {
  CompiledProgram,
  Device,
  DeviceDetails,
  DeviceName,
  DeviceState,
  NodeFallback,
} from './devices/device';
export type { DeviceArray, ProgramInput } from './arrays/device-array';
export { listDevices, openDevice, type DeviceOptions } from './devices/devices';
export { float32, int32, scalar, type DType, type NdArray } from './arrays/nd-array';
export { batchNormInference, batchNormTrain, type BatchNormOptions } from './ops/batch-norm';
export { drawNormal, drawUniform, NoiseSource, withNoise } from './ops/noise';
export { repeat } from './ops/repeat';
export type { Program } from './tracing/program';
export { inScope } from './graph/scope';
