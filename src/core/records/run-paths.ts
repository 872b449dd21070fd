import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { M2atError } from '../errors';
import { RUNS_PATH } from '../files/run-folders';

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
      hint: 'A run is named like 2026-11-22-181530-m2at-3f2a; `m2at runs` lists them.',
    });
  }
  return path.join(runsDirectory(root), id);
}

/** Letters, digits, `_`, `-` and inner dots: no separators, no `..`, and nothing that Windows trims. */
export function isRunId(id: string): boolean {
  return id.length <= 128 && /^[\w-]+(\.[\w-]+)*$/.test(id);
}

/** A readable id that sorts by time (UTC): `2026-11-22-181530-m2at-3f2a`. */
export function newRunId(what: string, now = new Date()): string {
  const [date = '', time = ''] = now.toISOString().split('T');
  return `${date}-${time.slice(0, 8).replaceAll(':', '')}-${what}-${randomBytes(2).toString('hex')}`;
}

/** The same with another random end, for an id that is taken. */
export function otherRunId(id: string): string {
  return id.replace(/-[0-9a-f]{4}$/, '') + `-${randomBytes(2).toString('hex')}`;
}

/** Where things are inside a run directory. */
export const runFile = {
  experiment: 'experiment.json',
  record: 'run.json',
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
