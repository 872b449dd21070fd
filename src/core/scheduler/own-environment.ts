import path from 'node:path';
import { allowedRunFolders, RUN_FOLDERS_VARIABLE } from '../files/run-folders';

/** Variables that say what a job computes on and where its files are. */
const own = ['CUDA_VISIBLE_DEVICES', 'M2AT_WEBGPU_ADAPTER', 'M2AT_CACHE', RUN_FOLDERS_VARIABLE] as const;

/** Those of this process, for a job that somebody else may start. */
export function ownEnvironment(environment: NodeJS.ProcessEnv = process.env): Record<string, string> {
  const folders = allowedRunFolders().join(path.delimiter);
  const values = own.map(
    (name) => [name, name === RUN_FOLDERS_VARIABLE ? folders : environment[name]] as const,
  );
  return Object.fromEntries(values.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

/** The environment of a job's process. @param given what {@link ownEnvironment} was where the job was asked for */
export function environmentOf(
  given: Readonly<Record<string, string>> | undefined,
  environment: NodeJS.ProcessEnv = process.env,
): NodeJS.ProcessEnv {
  if (!given) return environment;
  return { ...environment, ...Object.fromEntries(own.map((name) => [name, given[name]])) };
}
