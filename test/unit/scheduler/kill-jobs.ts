import assert from 'node:assert/strict';
import { watch } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { M2atError } from '../../../src/core/errors';
import { Random } from '../../../src/core/random';
import { listRuns } from '../../../src/core/runs/run-store';
import { errorOf } from '../../../src/core/scheduler/error-data';
import { createJob, readJobState, removeJob } from '../../../src/core/scheduler/job-folder';
import type { JobTask } from '../../../src/core/scheduler/job-requests';
import { startDetached } from '../../../src/core/scheduler/start-detached';
import { assertSame, outcomeOf } from '../../fuzz/damage/facts';
import type { RunKind } from '../../fuzz/damage/tiny-runs';
import { writeArrays, writeLayersModel } from '../../support/tiny-models';
import { requested } from '../attacks/named';
import { npy, zip } from '../data/zip-file';
import { tinyDataset } from '../training/tiny-task';

const script = path.join(__dirname, 'worker.js');
/** Times that one run is killed before it may end. */
const MOST_KILLS = 4;
/** Whoever sees a failure repeats its choices with this. */
const SEED_VARIABLE = 'M2AT_KILLS_SEED';

/** When the process of a job is killed: so many milliseconds after its start, or at one of the changes below its root. */
type Moment = { readonly after: number } | { readonly change: number };

export interface KilledJobs {
  readonly kills: number;
  /** Of runs, each with the bits of one that was never killed. */
  readonly ended: number;
  /** Jobs that found nothing to go on from, and whose runs began anew. */
  readonly anew: number;
}

/**
 * Has jobs done in processes of their own, kills these at random moments and writes, goes on with a job for each, and kills
 * those too, until every run has ended: with the bits of a run that nobody killed.
 * @param wanted kills; there are as many more as it takes for the last run to end
 */
export async function killJobs(folder: string, kind: RunKind, wanted: number): Promise<KilledJobs> {
  const seed = Number(process.env[SEED_VARIABLE] ?? Date.now() % 1_000_000);
  const random = Random.keyed(seed, 'kill-jobs', kind === 'train' ? 0 : 1);
  await mkdir(folder, { recursive: true });
  const begin = await tinyTask(path.join(folder, 'inputs'), kind);
  const undisturbed = path.join(folder, 'undisturbed');
  await mkdir(undisturbed);
  const { end: wholeEnd, milliseconds, changes } = await doJob(undisturbed, begin(undisturbed));
  assert.equal(wholeEnd, 'done');
  const [whole] = await listRuns(undisturbed);
  const facts = await outcomeOf(undisturbed, whole?.id ?? '', kind);

  const counts = { kills: 0, ended: 0, anew: 0 };
  for (let n = 0; counts.kills < wanted; n++) {
    const root = path.join(folder, `killed-${n}`);
    await mkdir(root);
    let task = begin(root);
    const moments: Moment[] = [];
    for (;;) {
      const isLast = moments.length === MOST_KILLS || counts.kills === wanted;
      const moment: Moment =
        random.int(2) === 0
          ? { after: random.int(Math.ceil(milliseconds)) }
          : { change: 1 + random.int(changes) };
      const repeat = `${kind} ${n} of ${SEED_VARIABLE}=${seed}, killed at ${JSON.stringify(moments)}`;
      const { end } = await doJob(root, task, isLast ? undefined : moment);
      if (end === 'killed') {
        counts.kills++;
        moments.push(moment);
      }
      const [record] = await listRuns(root);
      if (record?.status === 'done') {
        assertSame(await outcomeOf(root, record.id, kind), facts, repeat);
        counts.ended++;
        break;
      }
      assert.ok(end !== 'done', `${repeat}: its run is ${record?.status}`);
      // What was killed before it wrote anything is begun again; a training without a checkpoint from its start.
      const refused = end instanceof M2atError ? end : undefined;
      if (refused) {
        assert.ok(['no-checkpoint', 'bad-input'].includes(refused.code), `${repeat}: ${refused.message}`);
        counts.anew++;
      }
      const isFromStart = refused?.code === 'no-checkpoint';
      if (record && (!refused || isFromStart)) {
        const request = { root, run: record.id, kind, ...(isFromStart && { fromStart: true }) };
        task = { kind: 'resume', request };
      } else {
        await rm(path.join(root, '.m2at'), { recursive: true, force: true, maxRetries: 5 });
        task = begin(root);
      }
    }
    await rm(root, { recursive: true, maxRetries: 5 });
  }
  console.log(
    `      ${kind}, ${SEED_VARIABLE}=${seed}: ${counts.kills} kills, ${counts.ended} runs, ${counts.anew} begun anew`,
  );
  return counts;
}

interface Done {
  /** How it ended: a job may be done before its moment comes, or refuse. */
  readonly end: 'done' | 'killed' | M2atError;
  readonly milliseconds: number;
  /** Below its root, as far as they were seen. */
  readonly changes: number;
}

/** Has a process do a job, as a window does, and kills it at a moment. */
async function doJob(root: string, task: JobTask, moment?: Moment): Promise<Done> {
  const folder = await createJob({ title: 'to be killed', root, task });
  let changes = 0;
  const was = { killed: false };
  const began = performance.now();
  const { pid, exited } = await startDetached(folder, script, { root });
  const kill = (): void => {
    was.killed = true;
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has just ended.
    }
  };
  const watcher = watch(root, { recursive: true }, () => {
    changes++;
    if (moment && 'change' in moment && moment.change === changes) kill();
  });
  const timer = moment && 'after' in moment ? setTimeout(kill, moment.after) : undefined;
  try {
    await exited;
    const state = await readJobState(folder);
    assert.ok(was.killed || state?.ended, 'its process ended without a word');
    const end = state?.ended ? (state.ended.error ? errorOf(state.ended.error) : 'done') : 'killed';
    return { end, milliseconds: performance.now() - began, changes };
  } finally {
    clearTimeout(timer);
    watcher.close();
    await removeJob(folder);
  }
}

/** Writes what a tiny run needs. @returns the task that begins one below a root */
async function tinyTask(folder: string, kind: RunKind): Promise<(root: string) => JobTask> {
  await mkdir(folder);
  const device = { device: 'onnx-cpu', threads: 1 } as const;
  if (kind === 'attack') {
    const checkpoint = await writeLayersModel(folder);
    const arrays = await writeArrays(folder, 192);
    const attacks = [
      requested({ name: 'fgsm', epsilon: 0.1 }),
      requested({ name: 'pgd', epsilon: 0.1, steps: 5, restarts: 3 }),
    ];
    return (root) => ({ kind, request: { root, checkpoint, arrays, attacks, seed: 1, ...device } });
  }
  const { train, test } = tinyDataset();
  const members = Object.entries({ train, test }).flatMap(([split, set]) => {
    const { count, height, width, channels } = set;
    return [
      { name: `${split}_images.npy`, content: npy('|u1', [count, height, width, channels], set.images) },
      { name: `${split}_labels.npy`, content: npy('|u1', [count], Uint8Array.from(set.labels)) },
    ];
  });
  const data = path.join(folder, 'tiny.npz');
  await writeFile(data, zip(members));
  const attacks = [{ name: 'pgd', steps: 2 }];
  const experiment = {
    ...{ name: 'tiny', seed: 3, ...device, dataset: { name: 'arrays', file: data } },
    model: { name: 'small-cnn', widths: [4, 4, 4, 8], hidden: 8 },
    method: { name: 'm2at', steps: 1, stepSize: '8/255' },
    training: { epochs: 4, batchSize: 8, augment: { crop: 1 } },
    evaluation: { during: { count: 6, attacks }, final: { count: 12, attacks } },
    samples: { count: 2, everySteps: 4 },
  };
  const file = path.join(folder, 'tiny.m2at.json');
  await writeFile(file, JSON.stringify(experiment));
  return (root) => ({ kind, request: { root, file } });
}
