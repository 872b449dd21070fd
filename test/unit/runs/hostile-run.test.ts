import assert from 'node:assert/strict';
import {
  cp,
  link,
  lstat,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import type { Device } from '../../../src/core/engine/devices/device';
import { openDevice } from '../../../src/core/engine/devices/devices';
import { M2atError } from '../../../src/core/errors';
import { evaluateExamples } from '../../../src/core/jobs/evaluate-examples';
import { attackTask } from '../../../src/core/records/attack-files';
import { resumeAttack } from '../../../src/core/attacking/attack-resume';
import { attackRun } from '../../../src/core/attacking/attack-run';
import { writeReportPage } from '../../../src/core/runs/report-page';
import { deleteRun, readExperiment, runDirectory } from '../../../src/core/runs/run-store';
import { trainRun } from '../../../src/core/training/train-run';
import { temporaryRoot, tinyDataset, tinyExperiment } from '../training/tiny-task';
import { requested } from '../attacks/named';

const dataset = tinyDataset(40, 16);
const onEvent = (): void => undefined;

describe('a hostile run folder', () => {
  let device: Device;
  /** Roots with a run each that was stopped half way; tests work on copies. */
  let trained: { readonly root: string; readonly id: string };
  let attacked: { readonly root: string; readonly id: string };
  let bundle: string;
  let place: string;

  before(async function () {
    this.timeout(60_000);
    device = await openDevice('onnx-cpu', { threads: 1 });
    place = await temporaryRoot();
    bundle = path.join(place, 'webview');
    await mkdir(bundle);
    await writeFile(path.join(bundle, 'dashboard.js'), '');
    await writeFile(path.join(bundle, 'dashboard.css'), '');
    const umask = process.umask(0);
    try {
      trained = await stoppedTraining(path.join(place, 'trained'));
      attacked = await stoppedAttack(path.join(place, 'attacked'));
    } finally {
      process.umask(umask);
    }
  });
  after(async () => {
    await device.dispose();
    await rm(place, { recursive: true });
  });

  const stoppedTraining = async (root: string): Promise<typeof trained> => {
    await mkdir(root);
    const stop = new AbortController();
    const { id, status } = await trainRun({
      experiment: tinyExperiment({ method: { name: 'standard' } }),
      root,
      signal: stop.signal,
      onEvent: (_, event) => {
        if (event.type === 'metric' && event.row.kind === 'evaluation') stop.abort();
      },
      resources: { dataset, device },
    });
    assert.equal(status, 'stopped');
    return { root, id };
  };

  const stoppedAttack = async (root: string): Promise<typeof attacked> => {
    await mkdir(root);
    const stop = new AbortController();
    const { record } = await attackRun({
      checkpoint: path.join(runDirectory(trained.root, trained.id), 'checkpoints', 'last'),
      attacks: [requested({ name: 'fgsm' }), requested({ name: 'pgd', steps: 2 })],
      count: 16,
      batchSize: 8,
      seed: 1,
      probe: false,
      device: 'auto',
      threads: 1,
      root,
      signal: stop.signal,
      onEvent: (_, event) => {
        if (event.type === 'report' && event.report.attacks.length > 0) stop.abort();
      },
      pageBundle: bundle,
      resources: { dataset, device },
    });
    assert.equal(record.status, 'stopped');
    return { root, id: record.id };
  };

  /** What the engine does with a run: each may refuse. */
  const actions: Record<'train' | 'attack', ((root: string, id: string) => Promise<unknown>)[]> = {
    train: [
      async (root, id) => {
        const stop = new AbortController();
        await trainRun({
          experiment: await readExperiment(root, id),
          root,
          resume: id,
          signal: stop.signal,
          // By then all has been written that a run writes, but for what only the end of an epoch makes.
          onEvent: (_, event) => {
            if (event.type === 'samples') stop.abort();
          },
          resources: { dataset, device },
        });
      },
      deleteRun,
    ],
    attack: [
      (root, id) =>
        resumeAttack({
          root,
          id,
          signal: new AbortController().signal,
          onEvent,
          pageBundle: bundle,
          resources: { dataset, device },
        }),
      (root, id) => writeReportPage({ root, id, bundle }),
      (root, id) =>
        evaluateExamples({
          checkpoints: [path.join(runDirectory(trained.root, trained.id), 'checkpoints', 'last')],
          runs: [{ root, id }],
          device: 'auto',
          threads: 1,
          signal: new AbortController().signal,
          onProgress: onEvent,
          onLog: onEvent,
          openedDevice: device,
        }),
      deleteRun,
    ],
  };

  /** Puts links where things are that a run has, does all that can be done with the run, and finds the targets untouched. */
  const attempt = async (
    kind: 'train' | 'attack',
    name: string,
    put: (target: string, at: string) => Promise<void>,
  ): Promise<string[]> => {
    const { root: from, id } = kind === 'train' ? trained : attacked;
    const root = path.join(place, 'copy');
    const outside = path.join(place, 'outside');
    await cp(from, root, { recursive: true });
    await mkdir(outside);
    const at = path.join(root, name);
    const target = path.join(outside, path.basename(name));
    try {
      await put(target, at);
      const before = await treeOf(outside);
      const refusals: string[] = [];
      for (const action of actions[kind]) {
        await action(root, id).catch((error: unknown) => {
          assert.ok(error instanceof M2atError, `${name}: ${String(error)}`);
          refusals.push(error.message);
        });
        assert.deepEqual(await treeOf(outside), before, `${name}: something changed outside`);
      }
      return refusals;
    } finally {
      await rm(root, { recursive: true });
      await rm(outside, { recursive: true });
    }
  };

  const linked = async (target: string, at: string): Promise<void> => {
    if (await lstat(at).catch(() => undefined)) await rename(at, target);
    else await writeFile(target, 'precious\n');
    await symlink(target, at, (await stat(target)).isDirectory() ? 'junction' : 'file');
  };

  for (const kind of ['train', 'attack'] as const) {
    it(`${kind}: nothing is written through a link in the place of any file or folder of the run`, async function () {
      this.timeout(120_000);
      const { root, id } = kind === 'train' ? trained : attacked;
      const names = (await treeOf(root)).map(([name]) => name);
      // What a run may have, but this one does not have yet.
      const others =
        kind === 'train'
          ? ['resume.lock']
          : ['resume.lock', 'transfer.json', 'report.html', 'adversarial/1-pgd.npy.part'];
      const all = new Set([...names, ...others.map((name) => path.join('.m2at', 'runs', id, name))]);
      assert.ok(all.size > 12, [...all].join());
      for (const name of all) {
        // Shards are read, and then replaced by others of new names.
        const [first = ''] = await attempt(kind, name, linked);
        const isWritten =
          /(\.m2at|runs|last|samples|adversarial|gallery|run\.json|log\.txt|metrics\.jsonl|attack-state\.jsonl|\d-\w+\.npy|labels\.npy)$|runs[\\/][^\\/]+$/;
        if (isWritten.test(name) && !name.includes('experiment.json')) {
          assert.match(first, /is a link/, name);
          assert.ok(first.startsWith(path.join(place, 'copy', name)), `${name}: ${first}`);
        }
      }
    });
  }

  it('what is the same file as one elsewhere is not appended to', async function () {
    this.timeout(60_000);
    const same = async (target: string, at: string): Promise<void> => {
      await rename(at, target);
      await link(target, at);
    };
    for (const [kind, file, expected] of [
      ['train', 'log.txt', /log\.txt: is the same file as 1 elsewhere/],
      ['train', 'metrics.jsonl', undefined],
      ['attack', 'log.txt', /log\.txt: is the same file as 1 elsewhere/],
      ['attack', 'attack-state.jsonl', undefined],
      ['attack', 'adversarial/0-fgsm.npy', /0-fgsm\.npy: is the same file as 1 elsewhere/],
    ] as const) {
      const { id } = kind === 'train' ? trained : attacked;
      const [first] = await attempt(kind, path.join('.m2at', 'runs', id, file), same);
      if (expected) assert.match(first ?? '', expected);
      else assert.equal(first, undefined, 'it is written anew');
    }
  });

  it('a group of attacks can not lead out of the run', async () => {
    const file = path.join(runDirectory(attacked.root, attacked.id), 'attack.json');
    const text = await readFile(file, 'utf8');
    assert.ok(attackTask.safeParse(JSON.parse(text)).success);
    for (const name of ['/../../x', '..\\x', 'a/b', '']) {
      const hostile = text.replace(/"name":"fgsm"(?=,"title")/, `"name":${JSON.stringify(name)}`);
      assert.notEqual(hostile, text);
      assert.ok(!attackTask.safeParse(JSON.parse(hostile)).success, name);
    }
  });

  if (process.platform !== 'win32') {
    it('all that a run makes can be read by its owner only, whatever the umask', async () => {
      for (const { root } of [trained, attacked]) {
        for (const [name] of await treeOf(root)) {
          const found = await stat(path.join(root, name));
          const expected = found.isDirectory() ? 0o700 : 0o600;
          assert.equal(found.mode & 0o777, expected, `${name}: ${(found.mode & 0o777).toString(8)}`);
        }
      }
    });
  }
});

/** Everything below a folder: names, and of files what they hold and when it was written; links as links. */
async function treeOf(root: string): Promise<[name: string, content: string, mtimeMs: number][]> {
  const names = (await readdir(root, { recursive: true })).sort();
  return Promise.all(
    names.map(async (name): Promise<[string, string, number]> => {
      const file = path.join(root, name);
      const found = await lstat(file);
      const content = found.isFile() ? (await readFile(file)).toString('base64') : '';
      return [name, content, found.isFile() ? found.mtimeMs : 0];
    }),
  );
}
