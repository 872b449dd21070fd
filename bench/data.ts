import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { Command } from 'commander';
import * as z from 'zod';
import { wholeNumber } from '../src/cli/commands/common';
import { folder } from '../src/core/data/sets/folder';
import { methods } from '../src/core/methods';
import { oneOf } from '../src/core/named-schema';
import { table } from '../src/core/report/text-table';
import { ThreadedBatches } from '../src/core/training/threaded-batches';
import { median } from './alternate';
import { machineLine } from './machine';
import { root } from './root';
import { findTorch } from './torch-peer';

interface Flags {
  readonly threads: number[];
  readonly batch: number;
  readonly batches: number;
  readonly repetitions: number;
  readonly json?: boolean;
}

const rated = z.object({
  /** Images a second. */
  rate: z.number(),
  /** CPU time of an image, ms: of all threads and processes. */
  cpu: z.number(),
  /** Seconds. */
  opened: z.number(),
  /** Bytes. */
  peak: z.number().optional(),
});
type Rated = z.output<typeof rated>;

/** Batches of 224 pixels as a training gets them: random resized crops, flips. Rate in images a second, peak in bytes. */
async function read(place: string, threads: number, { batch, batches }: Flags): Promise<Rated> {
  const began = performance.now();
  const parameters = { name: 'folder', folder: place, size: 224, resize: 'squash' };
  const { train, classNames } = await folder.open(parameters, {});
  const opened = (performance.now() - began) / 1000;
  const first = 4;
  const stepsPerEpoch = Math.floor(train.count / batch);
  const plan = {
    ...{ batchSize: batch, stepsPerEpoch, steps: first + batches + 1, seed: 0, classes: classNames.length },
    augment: { crop: 0, flip: true, randomResizedCrop: { scale: [0.08, 1], ratio: [3 / 4, 4 / 3] } },
    ...{ meanColour: [0.5, 0.5, 0.5], method: oneOf(methods).parse({ name: 'standard' }), options: {} },
  } as const;
  const source = await ThreadedBatches.start(train, plan, undefined, undefined, {
    threads,
    ahead: threads + 1,
  });
  let start = 0;
  let before = process.cpuUsage();
  for (let step = 0; step < plan.steps; step++) {
    await source.at(step);
    if (step > first) continue;
    start = performance.now();
    before = process.cpuUsage();
  }
  const images = batches * batch;
  const rate = images / ((performance.now() - start) / 1000);
  const { user, system } = process.cpuUsage(before);
  await source.dispose();
  const cpu = (user + system) / 1000 / images;
  return { rate, cpu, opened, peak: process.resourceUsage().maxRSS * 1024 };
}

function inProcess(command: string, args: readonly (string | number)[]): Rated {
  const { stdout, stderr, status } = spawnSync(command, args.map(String), { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return rated.parse(JSON.parse(stdout.trim().split('\n').at(-1) ?? ''));
}

function compare(place: string, flags: Flags): void {
  const { threads, batch, batches, repetitions } = flags;
  console.log(machineLine(1));
  const python = findTorch();
  const rows = threads.map((count) => {
    const ours: Rated[] = [];
    const theirs: Rated[] = [];
    for (let n = 0; n < repetitions; n++) {
      const own = [__filename, place, '--json', '--threads', count, '--batch', batch, '--batches', batches];
      ours.push(inProcess(process.execPath, own));
      const script = path.join(root, 'bench', 'data_peer.py');
      if (python !== undefined) theirs.push(inProcess(python, ['-B', script, place, count, batch, batches]));
    }
    const of = (all: readonly Rated[], key: keyof Rated): number => median(all.map((one) => one[key] ?? NaN));
    const both = (key: 'rate' | 'cpu', places: number): string[] =>
      [ours, theirs].map((all) => (all.length > 0 ? of(all, key).toFixed(places) : ''));
    return [
      ...[String(count), ...both('rate', 0), ...both('cpu', 1)],
      ...[of(ours, 'opened').toFixed(1), (of(ours, 'peak') / 1e6).toFixed(0)],
    ];
  });
  const head = [
    ...[
      'threads',
      'ours, images/s',
      'torchvision, images/s',
      'ours, CPU ms/image',
      'torchvision, CPU ms/image',
    ],
    ...['opening, s', 'peak memory, MB'],
  ];
  console.log(table(head, rows));
}

void new Command()
  .argument('<folder>', 'of pictures, as bench/make_pictures.py makes one')
  .option('--threads <list>', 'threads, or workers', (text) => text.split(',').map(Number), [1, 2])
  .option('--batch <n>', 'images of a batch', wholeNumber(1), 64)
  .option('--batches <n>', 'that are timed', wholeNumber(1), 20)
  .option('--repetitions <n>', 'of each, in turn', wholeNumber(1), 3)
  .option('--json', 'only reads, with so many threads, and prints a line')
  .action(async (place: string, flags: Flags) => {
    if (flags.json)
      console.log(JSON.stringify(await read(path.resolve(place), flags.threads[0] ?? 1, flags)));
    else compare(path.resolve(place), flags);
  })
  .parseAsync();
