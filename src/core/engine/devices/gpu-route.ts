import { existsSync } from 'node:fs';
import path from 'node:path';
import * as ort from '../runtime/onnx-runtime';
import { messageOf } from '../../errors';
import { namesIn } from '../../files/list-folder';
import type { Device, DeviceDetails, DeviceName } from './device';
import { checkDevice, timeDevice } from './device-probe';
import { OnnxCpuDevice } from './onnx-cpu-device';
import type { OnnxDevice } from './onnx-device';
import type { GpuProvider } from './onnx-gpu-device';
import { gpuDevice, gpuProviders } from './onnx-gpu-device';
import { guessAdapter, isSoftware, nvidiaModel, type AdapterGuess } from './webgpu-adapter';

type Notes = Pick<DeviceDetails, 'insteadOf' | 'chosen'>;

export interface RouteOptions {
  /**
   * A software adapter to use after all, by a part of its name (`swiftshader`, `llvmpipe`): without it, adapters that
   * compute on the CPU are refused. Default: the environment variable M2AT_WEBGPU_ADAPTER.
   */
  readonly adapter?: string | undefined;
  /** Which of several GPUs, from 0; absent: the one that the provider takes by itself. */
  readonly index?: number | undefined;
}

/** A route by which ONNX Runtime may reach a GPU, as it was found on this machine. */
export type RouteState =
  | {
      readonly state: 'works';
      readonly open: (notes?: Notes) => OnnxDevice;
      /** It computes on the CPU, and was named all the same. */
      readonly software: boolean;
    }
  /** It is in this build of ONNX Runtime, and something else is in the way. */
  | { readonly state: 'fails'; readonly reason: string }
  /** It isn't in this build of ONNX Runtime. */
  | { readonly state: 'absent'; readonly reason: string };

const tried = new Map<string, Promise<RouteState>>();

/** Tries a route, once a process: a small program with its gradient must agree with the CPU. Never throws. */
export function tryRoute(name: DeviceName, options: RouteOptions = {}): Promise<RouteState> {
  const provider = gpuProviders.find((candidate) => candidate.name === name);
  if (!provider) throw new RangeError(`${name} is no GPU of ONNX Runtime.`);
  const adapter = options.adapter ?? environmentAdapter();
  const index = provider.indexed ? options.index : undefined;
  const key = `${name} ${index ?? ''} ${adapter ?? ''}`;
  const known = tried.get(key);
  if (known) return known;
  const trial = attempt(provider, adapter, index).catch((error: unknown): RouteState => ({
    state: 'fails',
    reason: firstLine(messageOf(error)),
  }));
  tried.set(key, trial);
  return trial;
}

async function attempt(
  provider: GpuProvider,
  named: string | undefined,
  index: number | undefined,
): Promise<RouteState> {
  const { backend, title } = provider;
  const listed = ort.listSupportedBackends().map(({ name }) => name);
  if (!listed.includes(backend)) {
    const where = {
      webgpu: '',
      cuda: ' (it is on Linux x64)',
      dml: ' (it is on Windows)',
      coreml: ' (it is on macOS)',
    };
    const reason = `ONNX Runtime for ${process.platform} ${process.arch} has no ${title} provider${where[backend]}.`;
    return { state: 'absent', reason };
  }
  if (backend === 'cuda') {
    const missing = await missingCudaLibrary();
    if (missing) return { state: 'fails', reason: missing };
  }
  const guess = backend === 'webgpu' ? await guessAdapter() : await otherAdapter(backend);
  const { name, software, missing } = guess;
  if (missing !== undefined) return { state: 'fails', reason: `There is no GPU: ${missing}.` };
  const allowed =
    named !== undefined && (name === undefined || name.toLowerCase().includes(named.toLowerCase()));
  if (software && !allowed) return { state: 'fails', reason: refusal(name ?? 'unknown') };
  const open = (notes?: Notes): OnnxDevice => gpuDevice(provider, { adapter: name, index, notes });
  const reason = await failureOf(open(), { suspect: software === undefined && !allowed });
  if (reason !== undefined) return { state: 'fails', reason };
  return { state: 'works', open, software: software ?? (named !== undefined && isSoftware(named)) };
}

/** Runs the probes. A suspect that is many times slower than the CPU is a software adapter under another name. */
async function failureOf(device: Device, { suspect }: { suspect: boolean }): Promise<string | undefined> {
  const cpu = await OnnxCpuDevice.open({ threads: 0, layout: 'portable' });
  try {
    await checkDevice(device, cpu);
    if (!suspect) return undefined;
    const times = (await timeDevice(device)) / (await timeDevice(cpu));
    return times > 4 ? refusal(`it is ${times.toFixed(0)} times slower than the CPU`) : undefined;
  } catch (error) {
    return `Its first program failed: ${firstLine(messageOf(error))}`;
  } finally {
    await device.dispose();
    await cpu.dispose();
  }
}

function environmentAdapter(): string | undefined {
  const name = process.env.M2AT_WEBGPU_ADAPTER;
  return name === '' ? undefined : name;
}

function refusal(evidence: string): string {
  return `Its adapter is a software one (${evidence}), which onnx-cpu outruns. Set M2AT_WEBGPU_ADAPTER to a part of its name to use it all the same.`;
}

/** Why CUDA's provider can't be loaded: it is too large for the npm registry, so it is not in the package. */
async function missingCudaLibrary(): Promise<string | undefined> {
  const library = 'libonnxruntime_providers_cuda.so';
  const bin = path.join(ort.packageFolder(), 'bin');
  const versions = await namesIn(bin);
  const folders = versions.map((version) => path.join(bin, version, process.platform, process.arch));
  if (folders.some((folder) => existsSync(path.join(folder, library)))) return undefined;
  return `${library} is not beside ONNX Runtime's binding. With CUDA 12 or newer and cuDNN 9 installed, fetch it with: node node_modules/onnxruntime-node/script/install.js --onnxruntime-node-install=cuda12`;
}

async function otherAdapter(backend: GpuProvider['backend']): Promise<AdapterGuess> {
  const name = backend === 'cuda' ? await nvidiaModel() : undefined;
  return { ...(name === undefined ? {} : { name }), software: false };
}

function firstLine(message: string): string {
  const line = message.split('\n').find((part) => part.trim() !== '') ?? message;
  // ONNX Runtime puts the place in its source and the condition first; the reason comes last.
  return line.replace(/^.* was false\. /, '').trim();
}
