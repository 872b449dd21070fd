import { mkdir } from 'node:fs/promises';
import type { FuzzTarget } from './fuzz-target';
import { cifarTarget } from './targets/cifar';
import { damageTarget, resumeTarget } from './targets/damage';
import { experimentTarget } from './targets/experiment';
import { flagsTarget } from './targets/flags';
import { idxTarget } from './targets/idx';
import { journalsTarget } from './targets/journals';
import { matTarget } from './targets/mat';
import { filesTarget } from './targets/models';
import { npzTarget } from './targets/npz';
import { picturesTarget } from './targets/pictures';
import { pngTarget } from './targets/png';
import { protocolTarget } from './targets/protocol';
import { recordsTarget } from './targets/records';
import { sidecarTarget } from './targets/sidecar';
import { tarTarget } from './targets/tar';

/** How a parser is tried. */
interface Plan {
  readonly open: (folder: string) => Promise<FuzzTarget>;
  /** Inputs of `npm run fuzz` without flags, and of `npm test`: what takes as long for each, more or less. */
  readonly count: number;
  readonly testCount: number;
  /** Seeds that a child is given at once: few where each takes long. */
  readonly chunk: number;
  /** The most memory that a child may have, in bytes. */
  readonly memoryLimit: number;
}

const MiB = 2 ** 20;
const fast = { count: 20_000, testCount: 1000, chunk: 100, memoryLimit: 1024 * MiB };
const slow = { count: 2500, testCount: 300, chunk: 10, memoryLimit: 2048 * MiB };

/** Every parser, by its name. */
export const plans = {
  experiment: { ...fast, open: experimentTarget },
  sidecar: { ...fast, open: sidecarTarget },
  npy: { ...slow, open: (folder) => filesTarget('npy', folder) },
  layers: { ...slow, open: (folder) => filesTarget('layers', folder) },
  graph: { ...slow, open: (folder) => filesTarget('graph', folder) },
  onnx: { ...slow, open: (folder) => filesTarget('onnx', folder) },
  cifar: { ...fast, open: cifarTarget },
  idx: { ...fast, open: idxTarget },
  mat: { ...fast, open: matTarget },
  npz: { ...fast, open: npzTarget },
  tar: { ...fast, open: tarTarget },
  png: { ...fast, open: pngTarget },
  pictures: { ...fast, open: picturesTarget },
  flags: { ...fast, open: flagsTarget },
  protocol: { ...fast, open: protocolTarget },
  records: { ...fast, open: recordsTarget },
  journals: { ...fast, open: journalsTarget },
  resume: { ...slow, count: 300, testCount: 12, chunk: 2, open: resumeTarget },
  /** Not at random: every damage of every file, one after the other. */
  damage: { ...slow, count: 1500, testCount: 12, chunk: 2, open: damageTarget },
} as const satisfies Readonly<Record<string, Plan>>;
export type TargetName = keyof typeof plans;

export const targetNames = Object.keys(plans).filter(isTargetName);

export function isTargetName(name: string): name is TargetName {
  return Object.hasOwn(plans, name);
}

/** @param folder is made, and is the parser's own */
export async function openTarget(name: string, folder: string): Promise<FuzzTarget> {
  if (!isTargetName(name)) throw new RangeError(`there is no parser ${name}`);
  await mkdir(folder, { recursive: true });
  return plans[name].open(folder);
}
