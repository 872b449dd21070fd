/** The compiler as a library: docs/compile.md. */
export { M2atError } from '../errors';
export type {
  CompiledProgram,
  Device,
  DeviceDetails,
  DeviceName,
  DeviceState,
  NodeFallback,
  Program,
} from './device';
export type { DeviceArray, ProgramInput } from './device-array';
export { listDevices, openDevice, type DeviceOptions } from './devices';
export { float32, int32, scalar, type DType, type NdArray } from './nd-array';
export { batchNormInference, batchNormTrain, type BatchNormOptions } from './ops/batch-norm';
export { drawNormal, drawUniform, NoiseSource, withNoise } from './ops/noise';
export { repeat } from './ops/repeat';
export { inScope } from './tracing/scope';
