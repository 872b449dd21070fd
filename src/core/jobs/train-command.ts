import path from 'node:path';
import { settingText } from '../experiment/setting-text';
import type { ResolvedExperiment } from '../experiment/experiment-schema';
import type { Settings } from '../experiment/set-settings';
import type { LikeRun } from '../runs/experiment-like';

/** What a job trains, and what is laid over it. */
export interface WhatToTrain {
  /** Path of the experiment file; absent: {@link like} says what is done. */
  readonly file?: string | undefined;
  /** What the file says, where it may have been changed since. */
  readonly text?: string | undefined;
  /** Does what a run of the root did, with some settings changed. */
  readonly like?: LikeRun | undefined;
  /** Laid over each run of the file. */
  readonly set?: Settings | undefined;
  /** Runs are written to `<root>/.m2at/runs`. */
  readonly root: string;
  /** Laid over the file, from a flag or a setting. */
  readonly overrides?: Partial<Pick<ResolvedExperiment, 'device' | 'threads'>>;
  /** Starts even where memory is not expected to suffice. */
  readonly ignoreMemory?: boolean | undefined;
}

/**
 * Arguments of `m2at` that do one run of a job again, in the root's folder.
 * @param run its name in the file, where that has several
 */
export function trainCommand(
  { file, like, set = like?.set, root, overrides: { device, threads } = {}, ignoreMemory }: WhatToTrain,
  run: string | undefined,
): string[] {
  return [
    'train',
    ...(file === undefined ? [] : [fileFrom(root, file)]),
    ...flag('--like', like?.run),
    ...flag('--run', run),
    ...Object.entries(set ?? {}).flatMap(([key, value]) => ['--set', `${key}=${settingText(value)}`]),
    ...flag('--device', device),
    ...flag('--threads', threads?.toString()),
    ...(ignoreMemory ? ['--ignore-memory'] : []),
  ];
}

function flag(name: string, value: string | undefined): string[] {
  if (value === undefined) return [];
  return value.startsWith('-') ? [`${name}=${value}`] : [name, value];
}

/** Relative where it is in the root. */
function fileFrom(root: string, file: string): string {
  const relative = path.relative(root, file);
  const isInside = relative !== '' && relative.split(path.sep)[0] !== '..' && !path.isAbsolute(relative);
  if (!isInside) return path.resolve(file);
  return relative.startsWith('-') ? `./${relative}` : relative;
}
