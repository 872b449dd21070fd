import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { decode } from 'fast-png';
import * as z from 'zod';
import { attackReport, runRecord } from '../../src/core/records/run-files';
import { experimentOn, makeDatasets } from '../support/made-datasets';
import { root } from '../support/root';

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const experiment = {
  name: 'tiny',
  dataset: { name: 'cifar10', trainCount: 640, testCount: 64 },
  model: { name: 'small-cnn', widths: [8, 8, 16, 16], hidden: 16 },
  method: { name: 'm2at', steps: 1, stepSize: '10/255' },
  training: { epochs: 12, batchSize: 64, schedule: { name: 'cyclic', learningRate: 0.1 } },
  evaluation: { during: { count: 32, attacks: [] }, final: { count: 32, attacks: [{ name: 'fgsm' }] } },
};

describe('the command line', function () {
  this.timeout(300_000);
  let folder: string;

  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'm2at-cli-'));
    await writeFile(path.join(folder, 'tiny.m2at.json'), JSON.stringify(experiment));
  });

  after(() => rm(folder, { recursive: true, force: true }));

  /** Runs `m2at`; `onOutput` sees standard output as it grows and may signal the process. */
  function m2at(
    args: readonly string[],
    onOutput?: (text: string, kill: () => void) => void,
    { cache, cwd = folder }: { readonly cache?: string; readonly cwd?: string } = {},
  ): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      const env = { ...process.env, ...(cache !== undefined && { M2AT_CACHE: cache }) };
      const child = spawn(process.execPath, [path.join(root, 'dist', 'cli.js'), ...args], { cwd, env });
      let stdout = '';
      let stderr = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        stdout += text;
        onOutput?.(stdout, () => child.kill('SIGINT'));
      });
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        stderr += text;
      });
      child.on('error', reject);
      child.on('close', (code) => {
        resolve({ code, stdout, stderr });
      });
    });
  }

  it('explains itself', async () => {
    const { code, stdout } = await m2at(['--help']);
    assert.equal(code, 0);
    for (const command of ['train', 'attack', 'evaluate', 'report', 'devices', 'data', 'runs']) {
      assert.match(stdout, new RegExp(`\\b${command}\\b`));
      const help = await m2at([command, '--help']);
      assert.equal(help.code, 0);
      assert.match(help.stdout, /^Usage: m2at/);
    }
  });

  it('lists the devices for machines', async () => {
    const { stdout } = await m2at(['devices', '--json']);
    const devices = z.array(z.object({ name: z.string(), available: z.boolean() })).parse(JSON.parse(stdout));
    assert.ok(devices.some(({ name, available }) => name === 'onnx-cpu' && available));
  });

  it("draws the images of an experiment's data set, and prints where", async () => {
    const { code, stdout, stderr } = await m2at(['data', 'show', 'tiny.m2at.json', '--out', 'sheet.png']);
    assert.equal(code, 0, stderr);
    assert.equal(stdout, `${path.join(folder, 'sheet.png')}\n`);
    const { width, height } = decode(await readFile(stdout.trim()));
    assert.ok(width > 500 && height > 500, `${width} x ${height}`);
    await rm(stdout.trim());
  });

  it('answers bad input with one message, exit code 2 and nothing written', async () => {
    const wrong = { ...experiment, method: { name: 'm2at', epsilon: 'eight' } };
    await writeFile(path.join(folder, 'wrong.m2at.json'), JSON.stringify(wrong));
    for (const [name, part] of Object.entries({
      pictures: { dataset: { name: 'folder', folder: 'no-pictures' } },
      arrays: { dataset: { name: 'arrays', file: 'none.npz' } },
      begins: { model: { name: 'checkpoint', file: 'none/model.json' } },
    })) {
      await writeFile(path.join(folder, `${name}.m2at.json`), JSON.stringify({ ...experiment, ...part }));
    }
    await writeFile(path.join(folder, 'model.json'), '{"hello": 1}');
    const expectations: [string[], RegExp][] = [
      [['train', 'wrong.m2at.json'], /wrong\.m2at\.json: method\.epsilon must be .*got "eight"/],
      [['train', 'missing.m2at.json'], /missing\.m2at\.json: the file is missing/],
      [
        ['train', 'pictures.m2at.json'],
        /no-pictures: the folder is missing\ndataset\.folder names it: correct/,
      ],
      [['train', 'arrays.m2at.json'], /none\.npz: the file is missing\ndataset\.file names it: correct/],
      [['train', 'begins.m2at.json'], /none.model\.json: the file is missing\nmodel\.file names it: correct/],
      [['train', 'tiny.m2at.json', '--root', 'nowhere'], /nowhere: the folder does not exist/],
      [['train', 'tiny.m2at.json', '--device', 'abacus'], /abacus/],
      [['attack', 'model.json'], /model\.json: .*no TF\.js layers model/],
      [['attack', 'model.json', '--eps', '1/0'], /epsilon must be/],
      [['attack', 'model.json', '--attack', 'pgd,sorcery'], /sorcery/],
      [['attack', 'model.json', '--curve', '1/255,eight'], /"eight" is no epsilon/],
      [['attack', 'model.json', '--curve', '1/255,8'], /epsilons of the curve: 8 is too large/],
      [['attack', 'model.json', '--fail-under', ''], /number from 0 to 1/],
      [['attack', '--resume', 'some-run', '--eps', '4/255', '-n', '3'], /--eps, -n can't be changed/],
      [['attack', 'model.json', '--images', 'x.npy'], /--images and --labels belong together/],
      [['attack', 'model.json', '--images', 'gone'], /gone: .*folder of pictures for each class/s],
      [['data', 'fetch', 'medmnist/chestmnist'], /multi-label/],
      [
        ['data', 'fetch', 'svhn', '--size', '64'],
        /svhn does not come with 64 pixels a side\nIt comes in one size/,
      ],
      [['data', 'fetch', 'medmnist/pathmnist', '--size', '65'], /It comes with 28, 64, 128, 224/],
      [['data', 'show', 'medmnist/chestmnist'], /multi-label/],
      [['attack', 'model.json', '--dataset', 'medmnist/chestmnist'], /multi-label/],
      [['attack', 'model.json', '--dataset', 'imagenet'], /"imagenet" is not known here\nKnown: cifar10, /],
      [['data', 'fetch', 'folder'], /folder: its images are your own/],
      [['data', 'show', 'gone'], /gone: .*folder of pictures for each class/s],
      [['evaluate', 'model.json'], /name the examples: --from RUN, or --images/],
      [['evaluate', 'model.json', '--images', 'x.npy'], /--images and --labels belong together/],
      [['evaluate', 'model.json', '--from', '../up'], /"\.\.\/up" is no run/],
      [['evaluate', 'model.json', '--from', 'nothing'], /no TF\.js layers model/],
      [['report', 'nothing'], /there is no run nothing/],
      [['train', '--resume', '../up'], /no name of a run/],
    ];
    for (const [args, message] of expectations) {
      const { code, stdout, stderr } = await m2at(args);
      assert.deepEqual([code, stdout], [2, ''], args.join(' '));
      assert.match(stderr, message);
    }
    assert.ok(!(await readdir(folder)).includes('.m2at'));
  });

  it('trains with M2AT on data of every kind, and attacks each checkpoint on the same images', async () => {
    const cwd = path.join(folder, 'kinds');
    const cache = path.join(folder, 'cache');
    const datasets = await makeDatasets(cwd, cache);
    await writeFile(path.join(cwd, 'kinds.m2at.json'), JSON.stringify(experimentOn(datasets)));
    const inFolder = (...args: string[]): Promise<Outcome> => m2at(args, undefined, { cache, cwd });
    const trained = await inFolder('train', 'kinds.m2at.json', '--json');
    assert.equal(trained.code, 0, trained.stderr);
    const last: unknown = JSON.parse(trained.stdout.trimEnd().split('\n').at(-1) ?? '');
    const { runs } = z.object({ runs: z.array(runRecord) }).parse(last);
    assert.deepEqual(
      runs.map(({ name, status, progress }) => [name, status, progress?.step]),
      datasets.map(({ run }) => [`kinds: ${run}`, 'done', 2]),
    );
    for (const [n, { run, dataset, classes }] of datasets.entries()) {
      const checkpoint = path.join('.m2at', 'runs', runs[n]?.id ?? '', 'checkpoints', 'last');
      const attacked = await inFolder(
        'attack',
        checkpoint,
        '--attack',
        'pgd',
        '--steps',
        '2',
        '-n',
        '2',
        '--json',
      );
      assert.equal(attacked.code, 0, `${run}: ${attacked.stderr}`);
      const report = attackReport.parse(JSON.parse(attacked.stdout));
      assert.deepEqual(
        [report.dataset, report.count, report.classNames?.length],
        [dataset.name, 2, classes],
        run,
      );
    }
    await rm(cwd, { recursive: true });
  });

  it('stops by Ctrl-C with a checkpoint, goes on from it, and attacks what it made', async function () {
    // Windows has no signal that a parent can send to one process without ending it.
    if (process.platform === 'win32') this.skip();
    let interrupted = false;
    const stopped = await m2at(['train', 'tiny.m2at.json', '--json'], (text, kill) => {
      if (interrupted || !text.includes('"kind":"step"')) return;
      interrupted = true;
      kill();
    });
    assert.equal(stopped.code, 130, stopped.stderr);
    const lines = stopped.stdout.trim().split('\n');
    const { runs } = z.object({ runs: z.array(runRecord) }).parse(JSON.parse(lines.at(-1) ?? ''));
    const [run] = runs;
    assert.ok(run);
    assert.equal(run.status, 'stopped');
    assert.ok(run.progress && run.progress.step > 0 && run.progress.step < run.progress.steps);

    const listed = await m2at(['runs', '--json']);
    const records = z.array(runRecord).parse(JSON.parse(listed.stdout));
    assert.deepEqual(
      records.map(({ id, status }) => [id, status]),
      [[run.id, 'stopped']],
    );

    const checkpoint = path.join('.m2at', 'runs', run.id, 'checkpoints', 'last');
    const weak = await m2at([
      'attack',
      checkpoint,
      '--attack',
      'fgsm',
      '-n',
      '32',
      '--fail-under',
      '1',
      '--json',
    ]);
    assert.equal(weak.code, 3, weak.stderr);
    const report = attackReport.parse(JSON.parse(weak.stdout));
    assert.equal(report.attacks[0]?.images.length, 32);
    assert.ok(report.robustAccuracy <= report.cleanAccuracy);
    const [attacked] = z.array(runRecord).parse(JSON.parse((await m2at(['runs', '--json'])).stdout));
    assert.ok(attacked?.kind === 'attack');
    const again = await m2at(['report', attacked.id, '--json', '--html', 'page.html']);
    assert.deepEqual(attackReport.parse(JSON.parse(again.stdout)), report);
    const stored = path.join(folder, '.m2at', 'runs', attacked.id, 'report.html');
    assert.equal(
      await readFile(stored, 'utf8'),
      await readFile(path.join(folder, 'page.html'), 'utf8'),
      'the page that the attack wrote',
    );
    assert.match((await m2at(['report', attacked.id])).stdout, /fgsm linf 8\/255.*Page: .*report\.html/s);

    const resumed = await m2at(['train', '--resume', run.id]);
    assert.equal(resumed.code, 0, resumed.stderr);
    assert.doesNotMatch(resumed.stderr, /prepared between the steps/, 'batches come from a thread');
    assert.match(
      resumed.stdout,
      /tiny( \((last|best), step \d+\))?\s+\d+(\s+\d+\.\d % \(\d+\.\d–\d+\.\d\)){2}/,
    );
  });
});
