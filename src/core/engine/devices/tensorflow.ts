import { createRequire } from 'node:module';
import * as tf from '@tensorflow/tfjs';
import * as z from 'zod';
import { messageOf } from '../../errors';

export interface TensorFlowState {
  readonly available: boolean;
  readonly gpu: boolean;
  readonly detail: string;
  /** Version of the package that was loaded, by its name. */
  readonly versions: Readonly<Record<string, string>>;
}

const packageSchema = z.object({ version: z.string() });

const packages = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'];

let loaded: Promise<TensorFlowState> | undefined;

/** Loads TensorFlow's native backend, an optional dependency, once a process. Never throws. */
export function loadTensorFlow(): Promise<TensorFlowState> {
  loaded ??= load();
  return loaded;
}

async function load(): Promise<TensorFlowState> {
  // TensorFlow reports missing GPU libraries on stderr, which belongs to our own messages.
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '3';
  const failures: string[] = [];
  for (const name of packages) {
    try {
      await import(name);
      const backend: unknown = tf.findBackend('tensorflow');
      if (!backend) throw new Error('it has another copy of @tensorflow/tfjs');
      const gpu =
        typeof backend === 'object' && 'isUsingGpuDevice' in backend && backend.isUsingGpuDevice === true;
      const { version } = packageSchema.parse(createRequire(__filename)(`${name}/package.json`));
      return {
        available: true,
        gpu,
        detail: `TensorFlow through ${name} ${version}, on the ${gpu ? 'GPU' : 'CPU'}`,
        versions: { [name]: version },
      };
    } catch (error) {
      const [reason = ''] = messageOf(error).split('\n');
      failures.push(`${name}: ${/Cannot find (package|module)/.test(reason) ? 'not installed' : reason}`);
    }
  }
  const how =
    'It is optional: with Node 18 or 20 and CUDA 11 on Linux or Windows, npm i --no-save @tensorflow/tfjs-node-gpu builds or downloads it.';
  return { available: false, gpu: false, detail: `${failures.join('; ')}. ${how}`, versions: {} };
}
