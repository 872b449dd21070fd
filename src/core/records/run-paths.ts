import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { M2atError } from '../errors';
import { RUNS_PATH } from '../files/run-folders';
import type { RunRecord } from './run-record';

/** `<root>/.m2at/runs`. */
export function runsDirectory(root: string): string {
  return path.join(root, ...RUNS_PATH);
}

/**
 * `<root>/.m2at/runs/<id>`.
 * @throws M2atError `bad-input` when the id is no plain name, so that no path leaves the folder
 */
export function runDirectory(root: string, id: string): string {
  if (!isRunId(id)) {
    throw new M2atError('bad-input', `${JSON.stringify(id)} is no name of a run`, {
      hint: 'A run is named like 2026-11-22-181530-fast-3f2a; `m2at runs` lists them.',
    });
  }
  return path.join(runsDirectory(root), id);
}

/** Letters, digits, `_`, `-` and inner dots: no separators, no `..`, and nothing that Windows trims. */
export function isRunId(id: string): boolean {
  return id.length <= 128 && /^[\w-]+(\.[\w-]+)*$/.test(id);
}

/** Characters of a name that an id repeats. */
const NAME_LENGTH = 40;

/**
 * A readable id that sorts by time (UTC): `2026-11-22-181530-fast-3f2a` of a training that is called "fast",
 * `2026-11-22-181530-attack-resnet-3f2a` of an attack on a model of that name.
 * @param name what people call the run, or the model
 */
export function newRunId(kind: RunRecord['kind'] | 'group', name: string, now = new Date()): string {
  const [date = '', time = ''] = now.toISOString().split('T');
  const plain = plainName(name);
  // What an id of an attack begins with is an attack's.
  const own = kind === 'attack' || !plain.startsWith(ATTACK) ? plain : `run-${plain}`;
  const what = [...(kind === 'train' ? [] : [kind]), ...(own === '' ? [] : [own])].join('-') || kind;
  return `${date}-${time.slice(0, 8).replaceAll(':', '')}-${what}-${randomBytes(2).toString('hex')}`;
}

const ATTACK = 'attack';

/** Whether an id is one that {@link newRunId} makes for an attack. */
export function isAttackId(id: string): boolean {
  return /^\d{4}-\d\d-\d\d-\d{6}-attack(?:-|$)/.test(id);
}

/** Small letters, digits and single hyphens. */
function plainName(name: string): string {
  const words = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/\p{M}/gu, '')
    .split(/[^a-z0-9]+/)
    .filter(Boolean)
    .join('-');
  return words.slice(0, NAME_LENGTH).replace(/-$/, '');
}

/** The same with another random end, for an id that is taken. */
export function otherRunId(id: string): string {
  return id.replace(/-[0-9a-f]{4}$/, '') + `-${randomBytes(2).toString('hex')}`;
}

/** Where things are inside a run directory. */
export const runFile = {
  experiment: 'experiment.json',
  record: 'run.json',
  /** What somebody says of the run: a name, a star, a note, tags. */
  marks: 'marks.json',
  metrics: 'metrics.jsonl',
  /** What the run is doing right now, once a second while it goes on. */
  progress: 'progress.json',
  /** What somebody on another machine asks of the run. */
  control: 'control.json',
  log: 'log.txt',
  report: 'report.json',
  /** The same with its pictures, for a browser. */
  reportPage: 'report.html',
  /** For each attack, by its place in the report, `<place>.json` and `<place>.png`: clean, perturbation, adversarial. */
  gallery: 'gallery',
  /** What an attack run does, and how far it has come. */
  attack: 'attack.json',
  attackState: 'attack-state.jsonl',
  adversarial: 'adversarial',
  /** Of the images in the arrays beside it: int64 [selected]. */
  labels: path.join('adversarial', 'labels.npy'),
  /** What other networks make of the adversarial images. */
  transfer: 'transfer.json',
  /** Accuracy under common corruptions, of either kind of run, and one image under each. */
  corruptions: 'corruptions.json',
  corruptionPictures: 'corruptions',
  samples: 'samples',
  /** Holds the pid of a process that resumes the run, while it does. */
  lock: 'resume.lock',
  checkpoints: 'checkpoints',
  lastCheckpoint: path.join('checkpoints', 'last'),
  bestCheckpoint: path.join('checkpoints', 'best'),
  /** Where the training is to end before a fall: the latest evaluated network whose robust accuracy had not fallen. */
  steadyCheckpoint: path.join('checkpoints', 'steady'),
} as const;

/** What a checkpoint is described by, and the one before it in the same folder. */
export const description = { latest: 'model.json', previous: 'previous.json' } as const;

/** Where a training may go on from, in the order in which that is tried. */
export const resumePoints = [
  { folder: runFile.lastCheckpoint, name: description.latest },
  { folder: runFile.lastCheckpoint, name: description.previous },
  { folder: runFile.bestCheckpoint, name: description.latest },
] as const;
